"""scripts/augur/config.py: packing configurations."""
import tempfile
import unittest
from pathlib import Path

from augur.config import Config, ConfigError


class ConfigTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "other").mkdir()
        for name in ("a.elf", "other/a.elf", "initrd.img"):
            (self.folder / name).write_text(name)

    def pack(self, text, **options):
        path = self.folder / "my.cfg"
        path.write_text(text)
        return Config(path, **options)


class PackTest(ConfigTest):
    def test_files_are_renamed_to_their_base_names(self):
        config = self.pack("[vm x]\n  image = other/a.elf # why\ninitrd=initrd.img\n")
        self.assertEqual(config.lines[1], "  image = a.elf # why")
        self.assertEqual(config.lines[2], "initrd=initrd.img")
        self.assertEqual(config.files["a.elf"].read_text(), "other/a.elf")

    def test_equal_base_names_stay_apart(self):
        config = self.pack("[vm x]\nimage = a.elf\n[vm y]\nimage = other/a.elf\n[vm z]\nimage = a.elf\n")
        self.assertEqual(config.lines[1::2], ["image = a.elf", "image = 2-a.elf", "image = a.elf"])
        self.assertEqual(len(config.files), 2)

    def test_module_arguments_stay(self):
        config = self.pack("[vm x]\nmodule = other/a.elf one  two\n")
        self.assertEqual(config.lines[1], "module = a.elf one  two")

    def test_missing_file_names_line_and_vm(self):
        with self.assertRaises(ConfigError) as caught:
            self.pack("[vm x]\nimage = a.elf\n\n[vm y]\nimage = nowhere.elf\ninitrd = no.img\n")
        self.assertEqual(str(caught.exception).replace(str(self.folder) + "/", ""),
                         "my.cfg:5: vm y: image: nowhere.elf: no such file\n"
                         "my.cfg:6: vm y: initrd: no.img: no such file")

    def test_missing_file_can_be_allowed(self):
        self.assertEqual(self.pack("[vm y]\nimage = no.elf\n", allow_missing=True).files, {})
        self.assertEqual(self.pack("#! missing: allow\n[vm y]\nimage = no.elf\n").files, {})

    def test_folder_is_not_a_file(self):
        with self.assertRaises(ConfigError):
            self.pack("[vm y]\nimage = other\n")

    def test_image_outside_a_vm_is_left_alone(self):
        self.assertEqual(self.pack("[augur]\nimage = no.elf\n").files, {})

    def test_long_name(self):
        (self.folder / ("n" * 64)).write_text("")
        with self.assertRaisesRegex(ConfigError, "my.cfg:2: .*longer than 63"):
            self.pack("[vm y]\nimage = " + "n" * 64 + "\n")

    def test_no_configuration(self):
        with self.assertRaisesRegex(ConfigError, "none.cfg: No such file"):
            Config(self.folder / "none.cfg")


class SettingsTest(ConfigTest):
    def changed(self, text, **settings):
        config = self.pack(text)
        config.set(settings)
        return config.lines

    def test_present_setting_is_replaced_in_place(self):
        lines = self.changed("[augur]\nbatch = no\nlog = info\n[vm x]\n", batch="yes")
        self.assertEqual(lines[:4], ["[augur]", "batch = yes", "log = info", "[vm x]"])

    def test_new_setting_takes_a_blank_line(self):
        lines = self.changed("[augur]\nlog = info\n\n[vm x]\n", batch="yes")
        self.assertEqual(lines[:4], ["[augur]", "log = info", "batch = yes", "[vm x]"])

    def test_new_setting_without_a_blank_line(self):
        lines = self.changed("[augur]\nlog = info\n[vm x]\n", batch="yes")
        self.assertEqual(lines[:4], ["[augur]", "batch = yes", "log = info", "[vm x]"])

    def test_new_settings_without_one_take_those_above(self):
        text = "#! cpus: 2\n\n[augur]\nlog = info\n[vm x]\n"
        lines = self.changed(text, batch="yes", stop_after=5)
        self.assertEqual(lines[:5], ["[augur]", "stop_after = 5", "batch = yes", "log = info", "[vm x]"])

    def test_section_is_added(self):
        lines = self.changed("[vm x]\nmemory = 1M", batch="yes", stop_after=5)
        self.assertEqual(lines, ["[vm x]", "memory = 1M", "[augur]", "stop_after = 5", "batch = yes"])

    def test_empty_section(self):
        self.assertIn("batch = yes", self.changed("[augur]\n[vm x]\n", batch="yes")[1:2])


class DirectiveTest(ConfigTest):
    def test_directives(self):
        config = self.pack("#! cpus: 2\n#! expect one: ^a: b$\n# no: directive\n#! cpus: 3\n[augur]\n")
        self.assertEqual(config.directive("cpus"), "3")
        self.assertIn(("expect", "one", "^a: b$", 2), config.directives)
        self.assertIsNone(config.directive("no"))
