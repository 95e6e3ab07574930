"""What a runner and the check of a bundle may use.

A field with a flag is also an option of the command line; its metadata are the arguments of `add_argument`.
"""

from dataclasses import dataclass, field

from seq2edge.device.errors import UserError

MAX_THREADS = 256  # of a runtime, which crashes if the system refuses it some


def check_threads(name: str, number: int) -> None:
    """Refuse a number of threads that no runtime works with.

    Raises:
        UserError: With the name of the argument.
    """
    if not 1 <= number <= MAX_THREADS:
        raise UserError(f"{name} is {number}, allowed are 1 to {MAX_THREADS}")


@dataclass(frozen=True)
class IsolationLimits:
    """What the process that checks a bundle may use.

    Attributes:
        memory_megabytes: Address space, which counts what is mapped too.
        cpu_seconds: CPU time.
        seconds: Time until it must be done.
    """

    memory_megabytes: int = field(
        default=4096,
        metadata={
            "flag": "--max-memory",
            "type": int,
            "metavar": "MB",
            "help": "with --isolated: address space that the check may use (default: %(default)s)",
        },
    )
    cpu_seconds: int = field(
        default=120,
        metadata={
            "flag": "--max-cpu",
            "type": int,
            "metavar": "SECONDS",
            "help": "with --isolated: CPU time that the check may use (default: %(default)s)",
        },
    )
    seconds: float = field(
        default=120.0,
        metadata={
            "flag": "--max-seconds",
            "type": float,
            "metavar": "SECONDS",
            "help": "with --isolated: time in which the check must be done (default: %(default)s)",
        },
    )

    def check(self) -> None:
        """Refuse limits that are none.

        Raises:
            UserError: With the flag.
        """
        for name, most in (("memory_megabytes", 1 << 30), ("cpu_seconds", 1 << 20), ("seconds", 1 << 20)):
            flag = self.__dataclass_fields__[name].metadata["flag"]
            if not 0 < (value := getattr(self, name)) <= most:
                raise UserError(f"{flag} is {value}, allowed is more than 0, at most {most:,}")
