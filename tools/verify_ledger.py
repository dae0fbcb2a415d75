#!/usr/bin/env python3
"""Verifies a Portcullis ledger by docs/ledger-format.md, sharing no code with the verifier in Rust.

    verify_ledger.py [--key KEY] [--json] DIR [DIR ...]

DIR is a copy of the `ledger` folder. Standard library only; signatures are checked if `cryptography` is installed,
and the verdict says so if they are not. The key is taken from DIR/key.pub unless one is given: give one that did not
come with the ledger. Exit status: 0 sound, 1 not sound, 2 misuse.
"""

import argparse
import base64
import collections
import hashlib
import json
import pathlib
import re
import struct
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

VERSION = 2
PUBLIC_MAX, PRIVATE_MAX, PAYLOAD_MAX = 65_535, 4_096, 69_633
NAME = re.compile(r"[0-9]{20}\.segment")
RECORD_ID = re.compile(r"rec_[0-7][0-9a-hjkmnp-tv-z]{25}")
MARK = re.compile(rb'\{"v":1,"seq":|PCL2')
ENVELOPE = struct.Struct("<4sBQQQQ32s32s")
FACTS, WHO, REST = (1, 2, 3, 4), 5, 6
KINDS = ("intent", "outcome", "refusal", "act", "aggregate")
LINE_KEYS = {"v", "seq", "time", "prev", "durable", "id", "kind", "private", "body"}
ENDED_REMEMBERED_MAX = 65_536
Spot = collections.namedtuple("Spot", "seq id segment offset")
# `fits` says, given the segment's seed and first record, whether what stands beside the hashed part is bound by it.
Line = collections.namedtuple("Line", "seq time prev durable id kind ends hash fits")
class Malformed(Exception):
    """Bytes that are not what the format says: what it is then, and the hash of the record, if it has one."""
CRC = list(range(256))
for _ in range(8):
    CRC = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in CRC]
def crc32c(data):
    crc, table = 0xFFFFFFFF, CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def leaf_hash(line):
    return sha256(b"\0", line).hex()
def salt_of(seed, field, index):
    salt = sha256(b"portcullis facts v2\0", bytes([field]), seed)
    for bit in range(31, -1, -1):
        salt = sha256(salt, bytes([index >> bit & 1]))
    return salt
class Tree:
    """RFC 6962, kept as the roots of its perfect subtrees."""
    def __init__(self):
        self.size, self.edge = 0, []
    def push(self, leaf):
        node, size, self.size = bytes.fromhex(leaf), self.size, self.size + 1
        while size & 1:
            node, size = sha256(b"\1", self.edge.pop(), node), size >> 1
        self.edge.append(node)
    def root(self):
        node = self.edge[-1] if self.edge else sha256()
        for left in reversed(self.edge[:-1]):
            node = sha256(b"\1", left, node)
        return node
def read_frame(data, at):
    """('payload', bytes), ('end', None), ('partial', None) or ('bad', None)."""
    head = data[at:at + 8]
    if len(head) < 8:
        return ("partial" if head else "end"), None
    length = int.from_bytes(head[:4], "little")
    payload = data[at + 8:at + 8 + length]
    if length == 0 or length > PAYLOAD_MAX or len(payload) < length:
        return "end" if head == bytes(8) else "partial" if 0 < length <= PAYLOAD_MAX else "bad", None
    good = crc32c(head[:4] + payload) == int.from_bytes(head[4:], "little")
    return ("payload", payload) if good else ("bad", None)
class Object(dict):
    """A JSON object that remembers which keys were there twice."""
    def __init__(self, pairs):
        super().__init__(pairs)
        self.doubled = {key for key, count in collections.Counter(key for key, _ in pairs).items() if count > 1}
def fail(what="malformed", record_hash=None):
    raise Malformed(what, record_hash)
def parse(text, newest, record_hash=None):
    try:
        # NaN and Infinity, which Python would take, are no JSON: int() refuses them.
        value = json.loads(text.decode("utf-8"), object_pairs_hook=Object, parse_constant=int)
    except (ValueError, RecursionError):
        fail(record_hash=record_hash)
    version = value.get("v") if isinstance(value, Object) else None
    if type(version) is not int or value.doubled or not 1 <= version <= newest:
        fail("later_version" if type(version) is int and version > newest else "malformed", record_hash)
    return value
def is_count(value):
    return type(value) is int and 0 <= value < 1 << 64
def is_hash(value):
    return type(value) is str and re.fullmatch("[0-9a-f]{64}", value) is not None
def read_record(payload):
    return read_line(payload) if payload[:1] == b"{" else read_envelope(payload)
def read_line(payload):
    """Version 1: a public line, and perhaps a private one."""
    parts = payload.split(b"\n")
    public, private = parts[0], parts[1] if len(parts) == 3 else None
    if len(parts) not in (2, 3) or parts[-1] or len(public) > PUBLIC_MAX or len(private or b"") > PRIVATE_MAX:
        fail()
    record_hash = leaf_hash(public)
    line = parse(public, 1, record_hash)
    if (
        not all(is_count(line.get(key)) for key in ("v", "seq", "time", "durable")) or set(line) - LINE_KEYS
        or not is_hash(line.get("prev")) or not is_hash(line.get("private", "0" * 64)) or "body" not in line
        or not RECORD_ID.fullmatch(str(line.get("id"))) or line.get("kind") not in KINDS
    ):
        fail(record_hash=record_hash)
    opens = private is not None and re.fullmatch(rb'\{"salt":"[0-9a-f]{64}"\}', private)
    good = sha256(private).hex() == line.get("private") if opens else private is None and "private" not in line
    body = line["body"] if isinstance(line["body"], Object) and "intent" not in line["body"].doubled else {}
    ends = str(body.get("intent")) if line["kind"] == "outcome" else None
    return Line(*(line[key] for key in Line._fields[:6]), ends, record_hash, lambda seed, _: None if seed else good)

def read_envelope(payload):
    """Version 2: an envelope of commitments, and what opens them."""
    record_hash = leaf_hash(payload[:ENVELOPE.size]) if len(payload) >= ENVELOPE.size else None
    if record_hash is None or payload[:4] != b"PCL2":
        fail("later_version" if re.match(rb"PCL[3-9]", payload) else "malformed", record_hash)
    _, kind, seq, time, durable, ends, prev, content = ENVELOPE.unpack_from(payload)
    if not 1 <= kind <= 5 or (kind == 2) != (ends != 2**64 - 1):
        fail(record_hash=record_hash)
    rest = payload[ENVELOPE.size:]
    def take(count):
        nonlocal rest
        taken, rest = rest[:count], rest[count:]
        return taken if len(taken) == count else fail("altered", record_hash)
    value = lambda width: take(int.from_bytes(take(width), "little"))
    state, id_bytes, salt = take(1)[0], take(16), take(32)
    facts = [value(2) for _ in FACTS] if kind in (1, 3) else None
    who, last = value(2), value(4)
    if rest or (facts is None and who) or state > 1 or (state == 1 and any(who + last)):
        fail("altered", record_hash)
    def fits(seed, first):
        node = salt if state == 1 else sha256(bytes([3, REST]), sha256(bytes([4, REST]), salt), id_bytes, last)
        if facts is not None and state == 0:
            node = sha256(b"\2", sha256(bytes([3, WHO]), sha256(bytes([4, WHO]), salt), who), node)
        if facts is not None and seed:
            level, classes, jurisdiction, to = (
                sha256(bytes([3, field]), salt_of(seed, field, seq - first), fact) for field, fact in zip(FACTS, facts))
            node = sha256(b"\2", sha256(b"\2", sha256(b"\2", level, classes), jurisdiction), sha256(b"\2", to, node))
        return node == content if seed else None

    number = int.from_bytes(id_bytes, "big")
    name = "rec_" + "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> at & 31] for at in range(125, -1, -5))
    ends = ends if kind == 2 else None
    return Line(seq, time, prev.hex(), durable, name, KINDS[kind - 1], ends, record_hash, fits)
def read_header(payload):
    header = parse(payload, VERSION)
    keys = {"v", "format", "origin", "first", "prev"} | ({"seed"} if header["v"] > 1 else set())
    if (
        set(header) != keys or header["format"] != "portcullis-ledger" or type(header["origin"]) is not str
        or not is_count(header["first"]) or not is_hash(header["prev"]) or not is_hash(header.get("seed", "0" * 64))
    ):
        fail()
    return header

class Suspicion:
    """What the verifier stumbled over, and what came after it: only then is it clear what it was."""
    def __init__(self, spot, kind, in_last_segment, facts):
        self.spot, self.kind, self.in_last_segment, self.facts = spot, kind, in_last_segment, facts
        self.next, self.due_came_later, self.durable = None, False, 0
    def read_on(self, data, at):
        while 0 <= at < len(data):
            found, payload = read_frame(data, at)
            if found == "payload" and self.note(payload):
                at += 8 + len(payload)
            else:
                mark = MARK.search(data, at + 1)
                at = max(mark.start() - 8, at + 1) if mark else -1
    def note(self, payload):
        try:
            if re.match(rb'\{"v":[12],"format"', payload):
                return bool(read_header(payload))
            line = read_record(payload)
        except Malformed:
            return False
        self.next = self.next or (line.seq, line.prev)
        self.due_came_later = self.due_came_later or line.seq == self.spot.seq
        self.durable = max(self.durable, line.durable)
        return True
    def decide(self, signed, verified):
        """('torn', spot) or (what, spot)."""
        seq, facts = self.spot.seq, self.facts
        if self.kind == "bad frame":
            if self.in_last_segment and signed <= seq and self.durable <= seq:
                return "torn", self.spot
            return ("truncated" if self.next is None and facts["cut"] else "altered"), self.spot
        if self.kind == "wrong seq":
            return self.wrong_seq(**facts), self.spot
        if self.kind == "wrong prev":
            prev = self.next and self.next[1]
            named = prev is None or (prev == facts["hash"] if facts["hash"] else prev != facts["head"])
            this_one = facts["before"] is None or verified >= seq or not named
            return "altered", self.spot if this_one else facts["before"]
        if self.kind == "wrong root":
            since, last = facts["since"], facts["last"]
            names_last = self.next is None or self.next[1] == facts["head"]
            return ("forked", since) if names_last and since.seq < last.seq else ("altered", last)
        disowned = self.next and facts["hash"] and self.next[0] == seq + 1 and self.next[1] != facts["hash"]
        return "altered" if disowned else facts["what"], self.spot
    def wrong_seq(self, found, hash):
        due = self.spot.seq
        disowned = self.next and self.next[0] == due + 1 and hash and self.next[1] != hash
        return "reordered" if found < due or self.due_came_later else "altered" if disowned else "missing"

class Verifier:
    """Follows docs/ledger-format.md over one ledger."""
    def __init__(self, checkpoints, key):
        self.key, self.tree, self.head, self.open, self.ended = key, Tree(), "0" * 64, {}, collections.OrderedDict()
        self.suspicion = self.since = self.last = self.segment = self.origin = self.note_problem = None
        self.in_last_segment, self.at, self.time, self.verified, self.signed = False, 0, 0, 0, 0
        self.checkpoints, self.seqs, self.seed = collections.deque(), {}, (b"", 0)
        self.read_checkpoints(checkpoints)
        self.notes = len(self.checkpoints)
    def read_checkpoints(self, data):
        before = None
        for offset, text, signatures in split_notes(data):
            spot, note = Spot(None, None, "checkpoints", offset), read_note(text, signatures, self.key)
            if note is None:
                self.note_problem = ("bad_signature", spot)
            elif before and before[0] != note[0]:
                self.note_problem = ("other_ledger", spot)
            elif before and (before[1] > note[1] or (before[1] == note[1] and before[2] != note[2])):
                self.note_problem = ("forked", spot._replace(seq=note[1]))
            if self.note_problem:
                return
            before, self.origin, self.signed = note, self.origin or note[0], note[1]
            self.checkpoints.append(note[1:])
    def read_segment(self, name, data, last):
        self.segment, self.in_last_segment, self.at = name, last, 0
        header_due = True
        while self.at < len(data) and not self.suspicion:
            found, payload = read_frame(data, self.at)
            if found == "payload":
                (self.header if header_due else self.record)(payload)
                header_due, self.at = False, self.at + 8 + len(payload)
            elif any(data[self.at:]):
                self.stumble("bad frame", cut=found == "partial")
            else:
                break
        if header_due and not last and not self.suspicion:
            self.stumble("bad frame", cut=True)
        if self.suspicion:
            self.suspicion.read_on(data, self.at)
    def header(self, payload):
        try:
            header = read_header(payload)
        except Malformed as error:
            what = "later_version" if error.args[0] == "later_version" else "altered"
            return self.stumble("unfit", what=what, hash=None)
        self.origin = self.origin or header["origin"]
        if header["origin"] != self.origin:
            self.stumble("unfit", what="other_ledger", hash=None)
        elif header["first"] != self.tree.size:
            self.stumble("wrong seq", found=header["first"], hash=None)
        elif header["prev"] != self.head:
            self.stumble("wrong prev", before=self.last, hash=None, head=self.head)
        self.seed = bytes.fromhex(header.get("seed", "")), header["first"]
    def record(self, payload):
        try:
            line = read_record(payload)
        except Malformed as error:
            return self.stumble("unfit", what=error.args[0], hash=error.args[1])
        if line.seq != self.tree.size:
            return self.stumble("wrong seq", line.id, found=line.seq, hash=line.hash)
        if line.prev != self.head:
            return self.stumble("wrong prev", line.id, before=self.last, hash=line.hash, head=self.head)
        what = self.misfit(line)
        if what:
            return self.stumble("unfit", line.id, what=what, hash=line.hash)
        self.time, self.head = line.time, line.hash
        self.last = Spot(line.seq, line.id, self.segment, self.at)
        self.since = self.since or self.last
        self.tree.push(line.hash)
        return self.check_root()
    def misfit(self, line):
        if line.time < self.time:
            return "time_went_back"
        if line.durable > line.seq:
            return "malformed"
        fits = line.fits(*self.seed)
        if not fits:
            return "malformed" if fits is None else "altered"
        if line.kind == "intent":
            if line.id in self.open:
                return "repeated_intent"
            self.open[line.id], self.seqs[line.seq] = line.seq, line.id
        if line.kind == "outcome":
            if type(line.ends) is str and not RECORD_ID.fullmatch(line.ends):
                return "malformed"
            intent = self.seqs.get(line.ends) if type(line.ends) is int else line.ends
            if self.open.get(intent) is None:
                return "second_outcome" if line.ends in self.ended else "outcome_without_intent"
            del self.seqs[self.open.pop(intent)]
            if len(self.ended) == ENDED_REMEMBERED_MAX:
                self.ended.popitem(last=False)
            self.ended[line.ends] = True
    def check_root(self):
        size = self.tree.size
        while self.checkpoints and self.checkpoints[0][0] <= size:
            due, root = self.checkpoints.popleft()
            if due == size and self.verified < size:
                if root != self.tree.root():
                    return self.stumble("wrong root", since=self.since, last=self.last, head=self.head)
                self.verified, self.since = size, None
    def stumble(self, kind, record_id=None, **facts):
        spot = Spot(self.tree.size, record_id, self.segment, self.at)
        self.suspicion = Suspicion(spot, kind, self.in_last_segment, facts)
    def verdict(self):
        torn = problem = None
        if self.suspicion:
            problem = self.suspicion.decide(self.signed, self.verified)
            if problem[0] == "torn":
                torn, problem = {"segment": problem[1].segment, "offset": problem[1].offset}, None
        elif self.tree.size < self.signed:
            problem = ("truncated", Spot(self.tree.size, None, self.segment or "", self.at))
        problem = problem or self.note_problem
        return {
            "sound": problem is None, "problem": problem and dict(problem[1]._asdict(), what=problem[0]),
            "trust": "operator-signed only" if self.key else "signatures not checked", "origin": self.origin,
            "records": self.tree.size, "signed_records": self.verified, "checkpoints": self.notes,
            "head": self.head, "root": self.tree.root().hex(), "open_intents": len(self.open), "torn_tail": torn,
        }
def split_notes(data):
    """Whole notes of a checkpoints file: (offset, text, signatures). A crash may have left a part of one at the end."""
    at = 0
    while (middle := data.find(b"\n\n", at)) >= 0 and (end := data.find(b"\n\n", middle + 2)) >= 0:
        yield at, data[at:middle].decode("utf-8", "replace"), data[middle + 2:end].decode("utf-8", "replace")
        at = end + 2
def read_note(text, signatures, key):
    """(origin, size, root) of a checkpoint, or None."""
    lines = text.split("\n")
    if len(lines) < 3 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,19}", lines[1]):
        return None
    root = from_base64(lines[2])
    signed = key is None or any(is_signed(line, text + "\n", key) for line in signatures.split("\n"))
    good = len(root) == 32 and signed and (key is None or lines[0] == key[0])
    return (lines[0], int(lines[1]), root) if good else None
def is_signed(line, text, key):
    name, key_id, public = key
    words = line.split(" ")
    signature = from_base64(words[-1])
    if len(words) != 3 or words[:2] != ["\u2014", name] or signature[:4] != key_id:
        return False
    try:
        return Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode()) is None
    except InvalidSignature:
        return False
def read_key(text):
    """(origin, key id, 32 bytes)."""
    name, key_id, key = text.strip().split("+", 2)
    key = from_base64(key)
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if len(key) != 33 or key[0] != 1 or expected.hex() != key_id:
        sys.exit("not the public key of a ledger")
    return name, expected, key[1:]
def from_base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""

def verify(folder, key_text):
    read = lambda name: (path := pathlib.Path(folder, name)).exists() and path.read_bytes() or b""
    key_text = key_text or read("key.pub").decode()
    key = read_key(key_text) if key_text and Ed25519PublicKey else None
    verifier = Verifier(read("checkpoints"), key)
    names = sorted(path.name for path in pathlib.Path(folder).iterdir() if NAME.fullmatch(path.name))
    for name in names:
        verifier.read_segment(name, read(name), name == names[-1])
    return verifier.verdict()
def main():
    parser = argparse.ArgumentParser(description="Verifies Portcullis ledgers.")
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("--key", help="public key, if not DIR/key.pub")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each folder")
    options = parser.parse_args()
    sound = True
    for folder in options.folders:
        verdict = verify(folder, options.key)
        sound = sound and verdict["sound"]
        lines = [json.dumps(verdict)] if options.json else [folder, *(f"  {name}: {verdict[name]}" for name in verdict)]
        print("\n".join(lines))
    return 0 if sound else 1

if __name__ == "__main__":
    sys.exit(main())
