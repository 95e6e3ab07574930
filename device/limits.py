"""Limits of the resources of a runner and of the isolated check.

A field with "flag" in its metadata is also a command-line option; the metadata are the arguments of `add_argument`.
"""

from dataclasses import dataclass, field

from seq2edge.device.errors import UserError

MAX_THREADS = 256  # a runtime crashes if the system refuses to start a thread


def check_threads(name: str, number: int) -> None:
    """Check a number of threads.

    Args:
        name: Name of the argument, for the message.
        number: The number of threads.

    Raises:
        UserError: If the number is less than 1 or more than `MAX_THREADS`.
    """
    if not 1 <= number <= MAX_THREADS:
        raise UserError(f"{name} must be between 1 and {MAX_THREADS}, got {number}")


@dataclass(frozen=True)
class IsolationLimits:
    """Limits of the process that checks a bundle.

    Attributes:
        memory_megabytes: Address space in MiB, including memory-mapped files.
        cpu_seconds: CPU time in seconds.
        seconds: Elapsed time in seconds.
    """

    memory_megabytes: int = field(
        default=4096,
        metadata={
            "flag": "--max-memory",
            "type": int,
            "metavar": "MB",
            "help": "with --isolated: maximum address space (default: %(default)s)",
        },
    )
    cpu_seconds: int = field(
        default=120,
        metadata={
            "flag": "--max-cpu",
            "type": int,
            "metavar": "SECONDS",
            "help": "with --isolated: maximum CPU time (default: %(default)s)",
        },
    )
    seconds: float = field(
        default=120.0,
        metadata={
            "flag": "--max-seconds",
            "type": float,
            "metavar": "SECONDS",
            "help": "with --isolated: maximum elapsed time (default: %(default)s)",
        },
    )

    def check(self) -> None:
        """Check that the limits are positive and not too large.

        Raises:
            UserError: Names the flag of a limit that is not allowed.
        """
        for name, most in (("memory_megabytes", 1 << 30), ("cpu_seconds", 1 << 20), ("seconds", 1 << 20)):
            flag = self.__dataclass_fields__[name].metadata["flag"]
            if not 0 < (value := getattr(self, name)) <= most:
                raise UserError(f"{flag} must be greater than 0 and at most {most:,}, got {value}")
