#!/usr/bin/env python3
"""Make one C file out of a folder of web files (see src/http/assets.h).

usage: embed.py FOLDER OUT.c OUT.d

Every file becomes an entry with its type, a strong ETag, its bytes, and its
bytes compressed where that saves something. Without the folder there is one
page that says how to build the others. The depfile names all that was looked
at, so that a changed, new or removed file makes the C file anew.
"""
import gzip
import hashlib
import os
import sys

TYPES = {
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.ico': 'image/x-icon',
    '.js': 'text/javascript; charset=utf-8',
    '.json': 'application/json',
    '.mjs': 'text/javascript; charset=utf-8',
    '.mp3': 'audio/mpeg',
    '.oga': 'audio/ogg',
    '.png': 'image/png',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8',
    '.wasm': 'application/wasm',
    '.webmanifest': 'application/manifest+json',
    '.woff2': 'font/woff2',
}

SKIPPED = ('.map', '.gz')

NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Glassbridge</title>
<h1>Glassbridge is running, but its page was not built.</h1>
<p>The API works. To have the page, run <code>make</code> in the source
folder (it needs Node.js 18 or newer and npm), then build again.
</html>
"""


def find(folder):
    """Paths below folder, and every folder that was looked into."""
    names, looked = [], []
    for base, folders, files in os.walk(folder):
        folders.sort()
        looked.append(base)
        for name in sorted(files):
            # compressed copies are made here, of what is embedded
            if not name.startswith('.') and not name.endswith(SKIPPED):
                names.append(os.path.relpath(os.path.join(base, name), folder))
    return sorted(names), looked


def literal(data):
    """C string pieces; octal, so that no following digit joins in."""
    lines = []
    for at in range(0, len(data), 64):
        piece = data[at:at + 64]
        lines.append('\t"' + ''.join(
            chr(b) if 0x20 <= b < 0x7f and b not in b'"\\?' else '\\%03o' % b
            for b in piece) + '"')
    return '\n'.join(lines) or '\t""'


def entry(path, data, index):
    """(definitions, table line) of one file."""
    zipped = gzip.compress(data, 9, mtime=0)
    if len(zipped) > len(data) * 9 // 10:
        zipped = b''
    kind = TYPES.get(os.path.splitext(path)[1], 'application/octet-stream')
    etag = hashlib.sha256(data).hexdigest()[:32]
    define = 'static const char raw_%d[] =\n%s;\n' % (index, literal(data))
    if zipped:
        define += 'static const char zip_%d[] =\n%s;\n' % (
            index, literal(zipped))
    line = '\t{"/%s", "%s", "%s", raw_%d, %d, %s, %d},' % (
        path, kind, etag, index, len(data),
        'zip_%d' % index if zipped else '0', len(zipped))
    return define, line


def main():
    folder, out, dep = sys.argv[1:]
    names, looked = find(folder)
    pages = []
    for name in names:
        if any(c in name for c in '"\\\n'):
            sys.exit('embed: a file name that no URL has: %r' % name)
        with open(os.path.join(folder, name), 'rb') as f:
            pages.append((name.replace(os.sep, '/'), f.read()))
    built = any(name == 'index.html' for name, _ in pages)
    if not built:
        pages.append(('index.html', NOT_BUILT))
        pages.sort()
    parts = [entry(name, data, i) for i, (name, data) in enumerate(pages)]
    with open(out, 'w', encoding='ascii') as f:
        f.write('/* Made by tools/embed.py. */\n#include "http/assets.h"\n\n')
        f.write('\n'.join(define for define, _ in parts))
        f.write('\nconst struct asset asset_table[] = {\n%s\n};\n'
                % '\n'.join(line for _, line in parts))
        f.write('const size_t asset_count = %d;\n' % len(parts))
        f.write('const bool assets_built = %s;\n' % str(built).lower())
    while not looked:  # the nearest folder where it may appear one day
        folder = os.path.dirname(os.path.abspath(folder))
        looked = [folder] if os.path.isdir(folder) else []
    seen = looked + [os.path.join(folder, n) for n in names]
    with open(dep, 'w', encoding='utf-8') as f:
        f.write('%s: %s\n' % (out, ' '.join(
            n.replace(' ', '\\ ').replace('$', '$$') for n in seen)))


if __name__ == '__main__':
    main()
