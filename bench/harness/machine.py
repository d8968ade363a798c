"""What the bench runs on, and how to take the processor's SHA instructions away from each program."""
import datetime
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

# "on" is the machine as it is. Programs in Rust decide when they are compiled: they have a second binary. atbackup and the
# floor are told by ATBACKUP_SHA256.
WITHOUT_SHA = {
    "GODEBUG": "cpu.sha=off",  # Go's crypto/sha256
    "OPENSSL_ia32cap": ":~0x20000000",  # OpenSSL, here and inside Node: bit 29 of EBX of CPUID leaf 7
}


def cpu_info():
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    return fields


def has_sha():
    return "sha_ni" in cpu_info().get("flags", "").split()


def engine_without_sha(floor):
    """The fastest way to hash that atbackup has on this machine but for the SHA instructions."""
    told = subprocess.run([floor, "--engines"], capture_output=True, text=True, check=True).stdout.split()
    return next(name for name in told if name != "sha-ni")


def environment(sha, engine="openssl"):
    env = dict(os.environ)
    for name in (*WITHOUT_SHA, "ATBACKUP_SHA256"):
        env.pop(name, None)
    if sha == "off":
        env.update(WITHOUT_SHA, ATBACKUP_SHA256=engine)
    return env


def describe():
    info = cpu_info()
    kernel = platform.release()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit.stdout.strip(),
        "processor": info.get("model name", "unknown"),
        "cores": os.cpu_count(),
        "sha_extensions": has_sha(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": kernel,
        "load_before": round(os.getloadavg()[0], 2),
    }
