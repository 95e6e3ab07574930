import io
import tarfile

import pytest


@pytest.fixture
def write_archive(tmp_path):
    """Writes a .tar.gz as GitHub makes it: everything is in one folder, which is named after the commit."""

    def write(name, texts):
        with tarfile.open(tmp_path / name, "w:gz") as archive:
            for path, text in texts.items():
                content = text.encode("utf-8")
                member = tarfile.TarInfo(f"repository-0123abc/{path}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return tmp_path / name

    return write
