"""The kernel as the load balancer: a classic BPF program picks the slot's socket for each new connection.

Index 0 is blue, 1 is green: the order in which the sockets were bound (socket(7), SO_ATTACH_REUSEPORT_CBPF).
"""

import ctypes
import socket
import struct
from typing import List, NamedTuple

SLOTS = ("blue", "green")
PROBES = {"blue": "127.0.0.2", "green": "127.0.0.3"}
"""Source addresses of private questions: they can't come from outside the host, and always reach their slot."""

ATTACH_REUSEPORT_CBPF = 51
_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_MULTIPLY = 0x24  # BPF_ALU | BPF_MUL | BPF_K
_SHIFT_RIGHT = 0x74  # BPF_ALU | BPF_RSH | BPF_K
_MODULO = 0x94  # BPF_ALU | BPF_MOD | BPF_K
_JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_SOURCE = 0xFFF00000 + 12  # SKF_NET_OFF + offset of the IPv4 source address
_RANDOM = 0xFFFFF000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM


class Instruction(NamedTuple):
    code: int
    yes: int
    no: int
    value: int


def program(blue: int, *, ipv4: bool, sticky: bool = False) -> List[Instruction]:
    """Sends `blue` percent of new connections to blue; with `sticky` (IPv4 alone) the client's address decides instead
    of chance: the high half of its product with 2^32 over the golden ratio, which spreads neighbours.

    IPv6 has no source match: offset 12 of its header lies inside the sender's address, which an outsider chooses.
    """
    draw = [Instruction(_LOAD_WORD, 0, 0, _RANDOM)]
    if sticky and ipv4:
        draw = [
            Instruction(_LOAD_WORD, 0, 0, _SOURCE),
            Instruction(_MULTIPLY, 0, 0, 0x9E3779B1),
            Instruction(_SHIFT_RIGHT, 0, 0, 16),
        ]
    share = [
        *draw,
        Instruction(_MODULO, 0, 0, 100),
        Instruction(_JUMP_IF_AT_LEAST, 1, 0, blue),
        Instruction(_RETURN, 0, 0, 0),
        Instruction(_RETURN, 0, 0, 1),
    ]
    return [*_private(), *share] if ipv4 else share


def _private() -> List[Instruction]:
    blue, green = (struct.unpack(">I", socket.inet_aton(PROBES[slot]))[0] for slot in SLOTS)
    return [
        Instruction(_LOAD_WORD, 0, 0, _SOURCE),
        Instruction(_JUMP_IF_EQUAL, 0, 1, blue),
        Instruction(_RETURN, 0, 0, 0),
        Instruction(_JUMP_IF_EQUAL, 0, 1, green),
        Instruction(_RETURN, 0, 0, 1),
    ]


def attach(listener: socket.socket, blue: int, *, sticky: bool = False) -> None:
    """Route the whole group of `listener`; replaces what was attached. OSError where the system has no such thing."""
    instructions = program(blue, ipv4=listener.family == socket.AF_INET, sticky=sticky)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code)
    packed = struct.pack("HL", len(instructions), ctypes.addressof(buffer))
    listener.setsockopt(socket.SOL_SOCKET, ATTACH_REUSEPORT_CBPF, packed)


def is_supported() -> bool:
    """Whether this kernel takes such a program; a socket that nobody else has is given one."""
    with socket.socket() as trial:
        try:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            trial.bind(("127.0.0.1", 0))
            attach(trial, 100)
        except OSError:
            return False
    return True
