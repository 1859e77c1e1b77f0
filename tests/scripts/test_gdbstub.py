"""scripts/augur/gdbstub.py: packets to Bochs's debugger commands, and its answers back."""
import unittest

from augur.gdbstub import GENERAL, Session

REGISTERS = "CPU0:\n" + "".join(
    f"{name:3}: 00000000_{index:08x}\n" for index, name in enumerate(GENERAL)
) + "eflags 0x00000246: id vip vif ac vm rf nt IOPL=0 of df IF tf sf ZF af PF cf\n"
SEGMENTS = "es:0x0010, dh=0x00cf9300\n\tData segment\ncs:0x0008, dh=0x00af9b00\n" + "".join(
    f"{name}:0x0010, dh=0\n" for name in ("ss", "ds", "fs", "gs")) + "ldtr:0x0000, dh=0\ntr:0x0018\n"


class FakeDebugger:
    answers = {
        "r": REGISTERS,
        "sreg": SEGMENTS,
        "x /4bx 0x1000": "[bochs]:\n0x0000000000001000 <bogus+       0>:\t0x0f\t0x20\t0xc0\t0xa8\n",
        "x /1bx 0x666": "[bochs]:\n0x0000000000000666 <bogus+       0>:bx_dbg_read_linear: error\n",
        "page 0x2fff": "linear page 0x0000000000002000 maps to physical page 0x00000000a000\n",
        "blist": "Num Type           Disp Enb Address\n"
                 "  1 lbreakpoint    keep y   0x0000000000007c00 \n"
                 "  3 lbreakpoint    keep y   0xffffffff80001000 \n",
        "s": "Next at t=5\n(1) [0x1] 0008:1 (unk. ctxt): nop ; 90\n",
    }

    def __init__(self):
        self.asked, self.running = [], False

    def ask(self, command):
        self.asked.append(command)
        return self.answers.get(command, "")

    def go(self):
        self.running = True


class SessionTest(unittest.TestCase):
    def setUp(self):
        self.debugger = FakeDebugger()
        self.session = Session(self.debugger, 2)

    def test_registers(self):
        reply = self.session.handle("g")
        self.assertEqual(reply[:48], "0000000000000000" "0100000000000000" "0200000000000000")
        rip_and_after = reply[16 * 16:]
        self.assertTrue(rip_and_after.startswith("1000000000000000" "46020000" "08000000" "10000000"))
        self.assertEqual(len(reply), 2 * (17 * 8 + 7 * 4 + 8 * 10 + 8 * 4 + 16 * 16 + 4))

    def test_memory(self):
        self.assertEqual(self.session.handle("m1000,4"), "0f20c0a8")
        self.assertEqual(self.session.handle("m666,1"), "E01")

    def test_write_goes_through_the_page_tables(self):
        self.assertEqual(self.session.handle("M2fff,1:7f"), "OK")
        self.assertEqual(self.debugger.asked[-1], "setpmem 0xafff 1 0x7f")
        self.assertEqual(self.session.handle("M5000,1:7f"), "E01")

    def test_breakpoints(self):
        self.assertEqual(self.session.handle("Z0,ffffffff80001000,1"), "OK")
        self.assertEqual(self.debugger.asked[-1], "lb 0xffffffff80001000")
        self.session.handle("z0,ffffffff80001000,1")
        self.assertEqual(self.debugger.asked[-1], "d 3")
        self.session.remove_all()
        self.assertEqual(self.debugger.asked[-2:], ["d 1", "d 3"])

    def test_threads_are_processors(self):
        self.assertEqual(self.session.handle("qfThreadInfo"), "m1,2")
        self.assertEqual(self.session.handle("Hg2"), "OK")
        self.assertEqual(self.debugger.asked, ["set $cpu = 1"])
        self.assertEqual(self.session.handle("qC"), "QC2")

    def test_step_and_go(self):
        self.assertEqual(self.session.handle("vCont;s:2;c"), "T05thread:2;")
        self.assertEqual(self.debugger.asked, ["set $cpu = 1", "s"])
        self.assertIsNone(self.session.handle("vCont;c"))
        self.assertTrue(self.debugger.running)

    def test_breakpoint_tells_the_processor(self):
        self.assertEqual(self.session.stopped("(1) Breakpoint 2, 0x1000 in ?? ()\n"), "T05thread:2;")

    def test_unknown_packet(self):
        self.assertEqual(self.session.handle("qXfer:features:read:target.xml:0,ffb"), "")
