"""Write filters/scripts.txt from the Unicode data of the `regex` module.

Run it to move to another version of Unicode: `python infra/make_scripts.py`. The column `script` changes with the
table, so the `version` of the step `language` has to be raised with it.
"""

import sys
from pathlib import Path

import regex

CODES = """
Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs
Copt Cpmn Cprt Cyrl Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Gara Geor Glag Gong Gonm Goth Gran Grek Gujr Gukh Guru
Hang Hani Hano Hatr Hebr Hira Hluw Hmng Hmnp Hung Ital Java Kali Kana Kawi Khar Khmr Khoj Kits Knda Krai Kthi Lana Laoo
Latn Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr
Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck Onao Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti
Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Tagb Takr Tale Talu
Taml Tang Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb
"""
TARGET = Path(__file__).resolve().parents[1] / "filters" / "scripts.txt"
HEAD = """\
# Scripts of letters; made by infra/make_scripts.py.
# first code point of the run (hex), ISO 15924 code, or - for letters of several scripts; other characters end no run
"""


def main() -> None:
    """Write one line per run of letters of the same script."""
    letters = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    letters = regex.findall(r"\p{L}", "".join(letters))
    script = {}
    for code in CODES.split():
        script |= dict.fromkeys(regex.findall(rf"\p{{Script={code}}}", "".join(letters)), code)
    lines, last = [], ""
    for letter in letters:
        code = script.get(letter, "-")
        if code != last:
            lines.append(f"{ord(letter):X} {code}\n")
        last = code
    TARGET.write_text(HEAD + "".join(lines), "ascii")


if __name__ == "__main__":
    main()
