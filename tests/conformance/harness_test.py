#!/usr/bin/env python3
"""The harness can fail: what it makes of answers, tables and hosts that are not as they should be."""
import contextlib
import io
import pathlib
import sys
import tempfile
import types
import unittest

sys.dont_write_bytecode = True
from harness import needs, page, run, runtimes, table  # noqa: E402
from harness.compare import judge  # noqa: E402
from harness.runtimes import Answer  # noqa: E402


def row(**keys):
    return table.read_row("area", {"name": "one", "why": "It is so.", "run": "true"} | keys)


class Judging(unittest.TestCase):
    def test_equal_answers_are_good(self):
        self.assertTrue(judge(row(), Answer("a\n"), Answer("a\n")).good)

    def test_a_difference_fails_and_is_shown(self):
        for runc, kata in ((Answer("a\n"), Answer("b\n")), (Answer("a\n"), Answer("a")), (Answer(), Answer(status=1))):
            verdict = judge(row(), runc, kata)
            self.assertFalse(verdict.good)
            self.assertRegex(verdict.text, "(?s)It is so.*(of kata|last line)")

    def test_only_what_is_compared_counts(self):
        self.assertTrue(judge(row(), Answer(stderr="a"), Answer(stderr="b")).good)
        self.assertFalse(judge(row(compare=["stderr"]), Answer(stderr="a"), Answer(stderr="b")).good)

    def test_a_row_that_fails_alike_with_both_is_wrong(self):
        self.assertFalse(judge(row(), Answer(status=127), Answer(status=127)).good)
        self.assertTrue(judge(row(status=127), Answer(status=127), Answer(status=127)).good)

    def test_a_reason_must_be_true(self):
        self.assertTrue(judge(row(differs="Because."), Answer("a"), Answer("b")).good)
        self.assertFalse(judge(row(differs="Because."), Answer("a"), Answer("a")).good)

    def test_who_does_not_end_fails(self):
        self.assertFalse(judge(row(), Answer(), Answer(problem="it hangs")).good)
        self.assertFalse(judge(row(differs="Because."), Answer(problem="it hangs"), Answer("b")).good)


class Running(unittest.TestCase):
    def test_a_row_that_cannot_be_asked_takes_no_other_along(self):
        class Nobody:
            def environment_for(self, container, directory):
                raise PermissionError("nobody is there")

        setting = types.SimpleNamespace(runc=Nobody(), kata=Nobody(), share=pathlib.Path("/nowhere"), work=pathlib.Path("/nowhere"), mark="f0")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            rows = run.Rows(setting, run.Report(2), 0, False)
            rows.one(1, row())
            rows.one(2, row(name="two"))
        self.assertRegex(out.getvalue(), "(?s)not ok 1 area/one.*nobody is there.*not ok 2 area/two")

    def asked(self, *pairs, **keys):
        """What is said of a row when runc and kata answer these, one pair for each time that they are asked."""
        answers = [answer for pair in pairs for answer in pair]
        runtime = types.SimpleNamespace()
        setting = types.SimpleNamespace(runc=runtime, kata=runtime, share=pathlib.Path("/nowhere"), work=pathlib.Path("/nowhere"), mark="f0")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            rows = run.Rows(setting, run.Report(1), 0, False)
            rows.answer = lambda *_: answers.pop(0)
            rows.one(1, row(**keys))
        self.assertEqual(answers, [], "not everybody was asked")
        return out.getvalue().removeprefix("1..1\n")

    def test_answers_that_differ_are_asked_for_once_more(self):
        self.assertRegex(self.asked((Answer("a"), Answer("a"))), "^ok 1 area/one in")
        # The line says so, and what it was.
        again = self.asked((Answer("a"), Answer("b")), (Answer("b"), Answer("b")))
        self.assertRegex(again, "(?s)^ok 1 area/one .differed the first time. in.*#   -a.*#   .b")
        # It was kata that changed its answer.
        again = self.asked((Answer("a"), Answer("b")), (Answer("a"), Answer("a")))
        self.assertRegex(again, "(?s)^not ok 1 area/one .kata's answer is not the same each time. in.*#   -a.*#   .b")
        self.assertRegex(self.asked((Answer("a"), Answer("b")), (Answer("a"), Answer("c"))), "(?s)^not ok 1 area/one .twice. in.*#   .c")

    def test_a_runc_that_fails_once_is_asked_once_more(self):
        failed = Answer(status=255), Answer()
        self.assertRegex(self.asked(failed, (Answer(), Answer())), "^ok 1 area/one .differed the first time.")
        self.assertRegex(self.asked(failed, failed), "^not ok 1 area/one .the row is not what it says, twice.")

    def test_a_reason_that_was_true_once_is_not_gone(self):
        self.assertRegex(self.asked((Answer("a"), Answer("a")), (Answer("a"), Answer("b")), differs="Because."), "^ok 1")
        self.assertRegex(self.asked((Answer(), Answer()), (Answer(), Answer()), differs="Because."), "^not ok 1 .*not differ any more, twice")

    def test_who_does_not_end_is_not_asked_again(self):
        for pair in ((Answer(), Answer(problem="it hangs")), (Answer(problem="it hangs"), Answer())):
            self.assertRegex(self.asked(pair), "(?s)^not ok 1 .*it hangs")


class Table(unittest.TestCase):
    def test_mistakes_are_named(self):
        for keys, words in (({"name": "Not Kebab"}, "kebab"), ({"why": "no sentence"}, "sentence"), ({"runs": "x"}, "no key"),
                            ({"needs": "cgroup2"}, "needs"), ({"compare": ["time"]}, "compare"), ({"run": ""}, "nothing is run")):
            with self.assertRaisesRegex(table.Wrong, words):
                row(**keys)

    def test_a_pattern_that_no_row_has_is_an_error(self):
        self.assertEqual([each.name for each in table.choose([row(), row(name="two")], ["t*"])], ["two"])
        self.assertEqual(len(table.choose([row(), row(name="two")], ["area"])), 2)
        with self.assertRaises(table.Wrong):
            table.choose([row()], ["nothing"])

    def test_needs_that_nobody_knows_are_an_error(self):
        setting = types.SimpleNamespace(kernel="own", driver="qemu")
        self.assertEqual(needs.missing(row(needs=["kernel=own"]), setting), "")
        self.assertEqual(needs.missing(row(needs=["kernel=other"]), setting), "kernel=other")
        self.assertEqual(needs.missing(row(needs=["program=no-such-program"]), setting), "program=no-such-program")
        with self.assertRaises(ValueError):
            needs.missing(row(needs=["luck"]), setting)


class Page(unittest.TestCase):
    def test_a_stale_page_is_told(self):
        with tempfile.TemporaryDirectory() as directory:
            page.PAGE, real = pathlib.Path(directory, "page.md"), page.PAGE
            try:
                page.write([row()])
                self.assertEqual(page.check([row()]), 0)
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    self.assertEqual(page.check([row(), row(name="two")]), 1)
                    self.assertEqual(page.check([row(differs="Because | of that.")]), 1)
            finally:
                page.PAGE = real


class Scripts(unittest.TestCase):
    def script(self, text):
        return runtimes.Script(text, "/", {"PATH": "/usr/bin:/bin"})

    def test_streams_and_status(self):
        script = self.script("echo out; echo err >&2; exit 3")
        self.assertEqual(script.wait(20), 3)
        self.assertEqual(script.output(), ("out\n", "err\n"))

    def test_what_a_script_left_running_is_ended(self):
        script = self.script("sleep 1000 & echo $!")
        self.assertEqual(script.wait(20), 0)
        script.kill()
        self.assertRegex(script.output()[0], r"^\d+\n$")


if __name__ == "__main__":
    unittest.main()
