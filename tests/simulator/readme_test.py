"""Every snippet of README.md is what it says: the first screen is the command's real output, the C++ compiles without a warning and
prints what is shown, the CMake lines build it against an installed copy, and the tests that keep the laws exist.

`readme_test.py --fix` writes the real outputs into README.md.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(os.environ["CRYPTOPERIOD_SOURCE_DIR"])
command = pathlib.Path(os.environ["CRYPTOPERIOD_CLI"])
readme = (root / "README.md").read_text()
failures = []
passed = 0


def check(name, good, detail=""):
    global passed
    if good:
        passed += 1
    else:
        failures.append(name)
        print(f"FAILED {name}\n{detail}")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", readme, re.S)[1]


def run(*words, cwd=root, env=None):
    surroundings = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "CLICOLOR_FORCE")} | {"LC_ALL": "C.UTF-8"}
    return subprocess.run([str(w) for w in words], cwd=cwd, env=surroundings | (env or {}), capture_output=True, text=True)


def replace(language, text):
    global readme
    old = block(language)
    readme = readme.replace(f"```{language}\n{old}```", f"```{language}\n{text}```")


def check_screen():
    shown = block("console")
    words = shown.splitlines()[0].removeprefix("$ cryptoperiod ").split()
    real = run(command, *words)
    screen = shown.splitlines()[0] + "\n" + real.stdout
    if "--fix" in sys.argv:
        replace("console", screen)
    check("the first screen is the real output", screen == block("console") and real.returncode == 0, screen)


def check_code(folder):
    source = folder / "main.cpp"
    source.write_text(block("cpp"))
    compiler = os.environ.get("CXX", "g++")
    built = run(compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", f"-I{root}/include",
                source, "-o", folder / "readme", "-pthread")
    check("the C++ compiles without a warning", built.returncode == 0, built.stderr)
    printed = run(folder / "readme").stdout if built.returncode == 0 else ""
    if "--fix" in sys.argv:
        replace("text", printed)
    check("the C++ prints what is shown", printed == block("text"), printed)
    lines = [line for line in block("cpp").splitlines() if line and not line.startswith(("#", "namespace"))]
    check("the C++ has about twenty lines", len(lines) <= 20, str(len(lines)))


def check_cmake(folder):
    build = next(p for p in command.parents if (p / "CMakeCache.txt").exists())
    installed = run("cmake", "--install", build, "--prefix", folder / "prefix")
    (folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(app LANGUAGES CXX)\n" + block("cmake"))
    configured = run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder}/prefix")
    built = run("cmake", "--build", folder / "build")
    printed = run(folder / "build/app").stdout if built.returncode == 0 else ""
    check("the CMake lines build the program", printed == block("text"), installed.stderr + configured.stderr + built.stdout + built.stderr)
    check("there are three CMake lines", len(block("cmake").splitlines()) == 3)


def check_laws():
    keepers = [k for row in re.findall(r"^\| .* \| (`.*`) \|$", readme, re.M) for k in re.findall("`([^`]+)`", row)]
    check("the laws name their tests", len(keepers) >= 10, str(keepers))
    missing = [k for k in keepers if not (root / k).exists()]
    check("the tests that keep the laws exist", not missing, str(missing))
    links = re.findall(r"\]\(([^):]+)\)", readme)
    broken = [link for link in links if not (root / link).exists()]
    check("every link leads somewhere", links and not broken, str(broken))


with tempfile.TemporaryDirectory() as name:
    check_screen()
    check_code(pathlib.Path(name))
    check_cmake(pathlib.Path(name))
check_laws()
if "--fix" in sys.argv:
    (root / "README.md").write_text(readme)
print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
