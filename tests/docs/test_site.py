"""The site is built without warnings, needs no network, and quotes the messages of the code."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
RECIPES = sorted((ROOT / "pipeline" / "recipes").glob("*.toml"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make docs` builds it."""
    pytest.importorskip("furo")
    output = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run([*command, str(DOCS), str(output)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return output


@pytest.mark.slow
def test_every_page_is_built_and_in_the_search_index(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for page in PAGES:
        name = str(page.relative_to(DOCS).with_suffix(""))
        assert (site / f"{name}.html").is_file()
        assert f'"{name}"' in index


@pytest.mark.slow
def test_nothing_is_loaded_from_other_hosts(site):
    pages = re.compile(r'<(?:script|img|iframe)[^>]*\ssrc="(?:https?:)?//|<link[^>]*\shref="https?://[^>]*stylesheet')
    sheets = re.compile(r"""@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//""")
    for suffix, loading in (("html", pages), ("css", sheets)):
        files = list(site.rglob(f"*.{suffix}"))
        assert files
        assert [file.name for file in files if loading.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_internal_links_lead_to_existing_pages(site):
    """Sphinx checks links between pages; this checks the HTML, with the anchors of the API reference."""
    texts = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    anchors = {page: set(re.findall(r'\sid="([^"]+)"', text)) for page, text in texts.items()}
    for page, text in texts.items():
        for link in re.findall(r'<a[^>]*\shref="([^"]+)"', text):
            path, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or target.suffix != ".html" or anchor in anchors[target], f"{page.name}: {link}"


@pytest.mark.slow
def test_the_reference_shows_signatures_and_recipes_show_scores(site):
    reference = (site / "api" / "seq2edge.html").read_text(encoding="utf-8")
    assert all(name in reference for name in ("num_interpreters", "run_each", "sha256"))
    recipes = (site / "recipes.html").read_text(encoding="utf-8")
    assert all(f'id="{path.stem}"' in recipes for path in RECIPES)


def test_the_readme_repeats_the_scores_of_the_recipes():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", readme, re.MULTILINE))
    values = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in RECIPES}
    assert rows.keys() <= values.keys()
    assert rows == {name: f"{values[name]['about']} | {values[name]['measured']}" for name in rows}


def test_the_explained_messages_exist_in_the_code():
    rooms = ("device", "pipeline", "export", "cli", "tests")
    said = " ".join(strings(path) for room in rooms for path in (ROOT / room).rglob("*.py"))
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^\| `(?:note: )?([^`]+)`", page, re.MULTILINE)
    assert len(messages) > 20
    parts = [part.strip(" ;,:'.") for message in messages for part in message.split("…")]
    assert [part for part in parts if len(part) > 6 and part not in said] == []


def strings(path):
    """All literal text of a module, adjacent literals joined, with "…" for what is filled in."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return "\n".join(found)
