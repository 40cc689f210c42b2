#!/usr/bin/env python3
"""Fail where a Markdown page links to a file or heading of the repository that is not there.

Anchors are made of headings as GitHub makes them: lower case, without punctuation, blanks as hyphens.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
FENCE = re.compile(r'^ {0,3}```.*?^ {0,3}```', re.MULTILINE | re.DOTALL)


def anchors(text):
    found = set()
    for heading in re.findall(r'^#+ +(.+)$', FENCE.sub('', text), re.MULTILINE):
        anchor = re.sub(r'[^\w\- ]', '', heading.lower()).strip().replace(' ', '-')
        while anchor in found:
            anchor += '-1'
        found.add(anchor)
    return found


def main():
    listed = subprocess.run(['git', 'ls-files', '-z', '*.md'], cwd=ROOT, check=True, capture_output=True, text=True)
    bad = count = 0
    for name in filter(None, listed.stdout.split('\0')):
        page = ROOT / name
        text = page.read_text()
        for target in LINK.findall(re.sub(r'`[^`\n]*`', '', FENCE.sub('', text))):
            if re.match(r'[a-z]+:', target):
                continue
            count += 1
            path, _, anchor = target.partition('#')
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                what = f'there is no {path}'
            elif anchor and anchor not in anchors(file.read_text()):
                what = f'{file.name} has no heading #{anchor}'
            else:
                continue
            print(f'{name}: {target}: {what}')
            bad += 1
    print(f'{count} links between pages, {bad} of them broken')
    sys.exit(bool(bad))


if __name__ == '__main__':
    main()
