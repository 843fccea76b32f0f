"""The classes of drivers: their modules, scripts and tests, from common/classes."""
import os
import tempfile
import unittest
from unittest import mock

from vm import catalog, classes, lane


class ClassesTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = scratch.name
        self.write("common/classes", "# CLASS KIND USE DIR...\n\nvbd script installed front back\n"
                   "net plain example drivers/net\n")
        for name, value in (("TOP", self.top), ("LIST", os.path.join(self.top, "common/classes"))):
            patch = mock.patch.object(classes, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def write(self, name, text="", mode=0o644):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as target:
            target.write(text)
        os.chmod(path, mode)

    def test_the_list_is_read(self):
        self.assertEqual([(one.name, one.kind, one.use, one.dirs) for one in classes.every()],
                         [("vbd", "script", "installed", ["front", "back"]),
                          ("net", "plain", "example", ["drivers/net"])])

    def test_modules_are_those_that_are_built(self):
        self.write("back/xen-blkback.ko")
        self.write("drivers/net/xen-netback.ko")
        self.write("drivers/net/xen-netback.mod.c")
        self.assertEqual(classes.modules(self.top),
                         ["back/xen-blkback.ko", "drivers/net/xen-netback.ko"])

    def test_a_script_is_called_after_its_class(self):
        self.write("drivers/net/hotplug-net")
        self.assertEqual(list(classes.scripts()), ["net"])

    def test_tests_of_a_class_form_a_group(self):
        self.write("drivers/net/tests/works", "#!/bin/bash\n# DESCRIPTION: it works\n", 0o755)
        self.write("drivers/net/tests/notes", "no test\n")
        self.assertIn("net/works", catalog.names())
        self.assertNotIn("net/notes", catalog.names())
        found = catalog.select("net", [lane.get(lane.DEFAULT)])
        self.assertEqual([(one.name, one.description) for one in found], [("net/works", "it works")])

    def test_tests_of_another_folder_are_alone(self):
        self.write("drivers/net/tests/works", "#!/bin/bash\n", 0o755)
        with mock.patch.object(catalog, "OTHER_TESTS", "elsewhere"):
            self.assertNotIn("net/works", catalog.names())


if __name__ == "__main__":
    unittest.main()
