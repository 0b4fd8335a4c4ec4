"""lockenv on file systems that this machine's kernel does not have, in a virtual machine with Debian's kernel.

`build/test-environment/bin/python -m tests.machines.virtual [DIR] [ARGUMENT …]`, as the superuser on an x86-64 Debian
with debootstrap and qemu-system-x86; a processor is emulated, so that it takes an hour, and 3 GB in DIR, where the root
is kept for the next time. A Debian mirror must be in reach; the virtual machine has no network but its own loopback.
ARGUMENTs are those of `tests.machines.filesystems`, which runs there. Prints its lines.
"""

from __future__ import annotations

import gzip
import io
import lzma
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

from lockenv.operations.program_archive import program_archive
from tests.machines.debian import unpacked
from tests.machines.machine import lacking

TESTS = Path(__file__).resolve().parents[1]
PACKAGES = (
    "attr",
    "btrfs-progs",
    "busybox-static",
    "cifs-utils",
    "dosfstools",
    "e2fsprogs",
    "exfatprogs",
    "f2fs-tools",
    "kmod",
    "ksmbd-tools",
    "linux-image-amd64",
    "mount",
    "nfs-common",
    "nfs-kernel-server",
    "ntfs-3g",
    "python3",
    "python3-venv",
    "rpcbind",
    "xfsprogs",
)
NAMES = ("ext4 casefold", "f2fs casefold", "vfat", "exfat", "ntfs")
"""What is tried beside the network file systems, when no ARGUMENT says otherwise."""
FIRST = """\
#!/busybox sh
for module in /modules/*; do /busybox insmod "$module"; done
/busybox mount -t devtmpfs none /dev
/busybox mount -t ext4 /dev/vda /new
exec /busybox switch_root /new /guest.sh {words}
"""
"""What the kernel starts: it mounts the disk, for which Debian's kernel has to load modules."""
DISK = 4 << 30
"""Bytes of the disk, of which what is not written takes no place."""
LIMIT = 4 * 60 * 60
"""Seconds after which the virtual machine is stopped."""
MARK = "| "
END = "| ended with "


def main() -> int:
    """Start the virtual machine; return an exit code."""
    if reasons := lacking("debootstrap", "chroot", "mke2fs", "qemu-system-x86_64"):
        sys.stderr.write("".join(f"error: {reason}\n" for reason in reasons))
        return 2
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "/var/tmp/lockenv-machines")
    words = sys.argv[2:] or [word for name in NAMES for word in ("--only", name)] + ["--every", "110"]
    place.mkdir(parents=True, exist_ok=True)
    root = unpacked(place / "trixie-amd64-kernel", "trixie", "amd64", PACKAGES)
    fill(root)
    ended = ""
    with tempfile.TemporaryDirectory(dir=place) as name, ExitStack() as stack:
        console = stack.enter_context((place / "console").open("w"))
        words = command(root, Path(name), words)
        guest = stack.enter_context(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))
        for each in guest.stdout or ():
            line = each.decode(errors="replace").rstrip()
            print(line, file=console, flush=True)
            if line.startswith(END):
                ended = line.removeprefix(END)
            elif line.startswith(MARK):
                sys.stdout.write(line.removeprefix(MARK) + "\n")
                sys.stdout.flush()
    if not ended:
        sys.stderr.write(f"error: the virtual machine stopped before its end; what it wrote is in {place}/console\n")
    return 0 if ended == "0" else 1


def fill(root: Path) -> None:
    """Put lockenv, the tests, what runs them, and the accounts that servers need into the root."""
    home = root / "srv" / "try"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(TESTS, home / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    with zipfile.ZipFile(io.BytesIO(program_archive())) as archive:
        archive.extractall(home / "lockenv")
    # An emulated processor would take seconds for what a zip application compiles at each start.
    subprocess.run(["chroot", root, "python3", "-m", "compileall", "-q", "/usr/lib", "/srv/try"], check=True)
    shutil.copy(TESTS / "machines" / "guest.sh", root / "guest.sh")
    for name in ("passwd", "group"):
        shutil.copy(root / "usr/share/base-passwd" / f"{name}.master", root / "etc" / name)
    with (root / "etc" / "passwd").open("a") as stream:
        stream.write("_rpc:x:101:65534::/run/rpcbind:/bin/false\nstatd:x:102:65534::/var/lib/nfs:/bin/false\n")


def command(root: Path, place: Path, words: list[str]) -> list[str]:
    """Write the disk and what is loaded before it to a directory; return the command that starts the machine."""
    [kernel] = (root / "lib/modules").iterdir()
    disk, early, shared = place / "disk", place / "early", place / "shared"
    shared.mkdir()
    with disk.open("wb") as stream:
        stream.truncate(DISK)
    early.write_bytes(gzip.compress(_early(root, kernel.name, words), 1))
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", root, disk], check=True)
    return [
        *("timeout", str(LIMIT), "nice", "qemu-system-x86_64", "-accel", "tcg", "-m", "1024", "-smp", "1"),
        *("-nographic", "-no-reboot", "-nic", "none"),
        *("-kernel", str(root / "boot" / f"vmlinuz-{kernel.name}"), "-initrd", str(early)),
        *("-append", "console=ttyS0 panic=-1 quiet loglevel=1"),
        *("-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"),
        *("-virtfs", f"local,path={shared},mount_tag=host,security_model=mapped-xattr"),
    ]


def _early(root: Path, kernel: str, words: list[str]) -> bytes:
    """Return the archive of a first root: a shell, and the modules in the order in which they are loaded."""
    place = root / "early"
    shutil.rmtree(place, ignore_errors=True)
    for name in ("modules", "new", "dev"):
        (place / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", place)
    (place / "init").write_text(FIRST.format(words=shlex.join(words)), "utf-8")
    (place / "init").chmod(0o755)
    subprocess.run(["chroot", root, "depmod", kernel], check=True)
    modules = list(dict.fromkeys(_modules(root, kernel, "virtio_blk") + _modules(root, kernel, "ext4")))
    for number, module in enumerate(modules):
        (place / "modules" / f"{number:02}.ko").write_bytes(lzma.decompress((root / module).read_bytes()))
    packed = "cd /early && find . | busybox cpio -o -H newc"
    done = subprocess.run(["chroot", root, "sh", "-c", packed], check=True, capture_output=True)
    shutil.rmtree(place)
    return done.stdout


def _modules(root: Path, kernel: str, name: str) -> list[str]:
    """Return the files of a module and of what it needs, in the order of loading, below the root."""
    words = ["chroot", str(root), "modprobe", "--set-version", kernel, "--show-depends", name]
    shown = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[1].lstrip("/") for line in shown.splitlines() if line.startswith("insmod")]


if __name__ == "__main__":
    raise SystemExit(main())
