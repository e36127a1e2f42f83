/*
 * Builds the page into dist/: documents at the top, everything they load under
 * assets/ with a hash in its name, each file beside its gzipped twin.
 * Fails when a console would cost more than its kind's budget to transfer.
 */
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const src = path.join(here, 'src');
const dist = path.resolve(here, process.argv[2] ?? 'dist');
/* A console's document, what it imports, and the one chunk of its kind. */
const kinds = {
	'VNC console': { chunk: /@novnc\/novnc\//, budget: 120 * 1024 },
	terminal: { chunk: /src\/console\/xterm\.ts$/, budget: 180 * 1024 },
};
const documents = ['index', 'console', 'vnc', 'spice'];

const common = {
	bundle: true,
	minify: true,
	target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
	outdir: path.join(dist, 'assets'),
	entryNames: '[name]-[hash]',
	chunkNames: 'chunk-[hash]',
	legalComments: 'none',
	metafile: true,
	logLevel: 'warning',
	absWorkingDir: here,
};

/*
 * The one change to another's code: a guest's picture may not say how long
 * the library runs. `quic.js` keeps its decoder to itself, so there is no
 * other way to it.
 */
const QUIC_LOOP = /(QuicEncoder\.prototype\.decode_run = [^]*?)(} while \(true\);)/;
const QUIC_BOUND = `$1if (runlen > 8192)
            throw new RangeError("quic: a run without an end");
    $2`;

const changed = '@spice-project/spice-html5';
const bounded = {
	name: 'bounded',
	setup(b) {
		b.onLoad({ filter: /spice-html5\/src\/quic\.js$/ },
			async ({ path: file }) => {
				const text = await readFile(file, 'utf8');

				if (!QUIC_LOOP.test(text))
					throw new Error(`${file} is not the one we know`);
				return { contents: text.replace(QUIC_LOOP, QUIC_BOUND) };
			});
	},
};

/*
 * xterm.js sees a document that obeys the page's policy (strictdom.ts); its own
 * option for another document does not reach all of it.
 */
const obedient = {
	name: 'obedient',
	setup(b) {
		b.onLoad({ filter: /@xterm\/xterm\/lib\/xterm\.mjs$/ },
			async ({ path: file }) => ({
				resolveDir: path.join(src, 'console'),
				contents: "import { strict as document } from " +
					"'./strictdom';\n" + (await readFile(file, 'utf8'))
					.replaceAll('window.document', 'document'),
			}));
	},
};

/* Which package a bundled file came from, or "" for our own. */
function packageOf(input) {
	const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);

	return match ? match[1] : '';
}

/* "entry name -> file below dist", from what esbuild reports. */
function outputsByEntry(metafile) {
	const found = {};

	for (const [file, output] of Object.entries(metafile.outputs)) {
		if (output.entryPoint) {
			const name = path.parse(output.entryPoint).name;

			found[name] = path.relative(dist, path.resolve(here, file));
		}
	}
	return found;
}

/* Everything an entry loads at once, and later where it is that chunk. */
function reach(metafile, file, chunk, seen = new Set()) {
	if (!seen.has(file)) {
		seen.add(file);
		for (const { path: next, kind } of metafile.outputs[file].imports) {
			if (kind !== 'dynamic-import' ||
				chunk.test(metafile.outputs[next].entryPoint))
				reach(metafile, next, chunk, seen);
		}
	}
	return seen;
}

async function bundle() {
	const modules = await build({
		...common, format: 'esm', splitting: true,
		plugins: [bounded, obedient],
		entryPoints: documents.map((d) => path.join(src, `${d}.ts`)),
	});
	const theme = await build({
		...common, format: 'iife',
		entryPoints: [path.join(src, 'theme.ts')],
	});
	const style = await build({
		...common, entryPoints: [path.join(src, 'style/style.css')],
	});
	const spicestyle = await build({
		...common, entryPoints: [path.join(src, 'style/spice.css')],
	});

	return {
		modules: modules.metafile,
		names: {
			...outputsByEntry(modules.metafile),
			...outputsByEntry(theme.metafile),
			...outputsByEntry(style.metafile),
			spicestyle: Object.values(outputsByEntry(
				spicestyle.metafile))[0],
		},
	};
}

async function favicon() {
	const data = await readFile(path.join(src, 'favicon.svg'));
	const hash = createHash('sha256').update(data).digest('hex').slice(0, 8);
	const name = `assets/favicon-${hash}.svg`;

	await writeFile(path.join(dist, name), data);
	return name;
}

/* Static imports of an entry are announced, so that they load side by side. */
function preloads(metafile, file, up) {
	const key = Object.keys(metafile.outputs).find((o) =>
		path.relative(dist, path.resolve(here, o)) === file);

	return metafile.outputs[key].imports
		.filter((i) => i.kind === 'import-statement')
		.map((i) => path.relative(dist, path.resolve(here, i.path)))
		.map((f) => `<link rel="modulepreload" href="${up}${f}">`)
		.join('\n');
}

async function writeDocument(name, modules, names) {
	const template = await readFile(path.join(src, `${name}.html`), 'utf8');
	const filled = template
		.replace(/\{\{preload:([^}]*)\}\}\n/, (_, up) => {
			const lines = preloads(modules, names[name], up);

			return lines ? `${lines}\n` : '';
		})
		.replace(/\{\{(\w+)\}\}/g, (_, key) => names[key]);

	await writeFile(path.join(dist, `${name}.html`), filled);
}

/* The texts of the licences of every package that is in the bundle. */
async function licenceOf(name) {
	const folder = path.join(here, 'node_modules', name);
	const info = JSON.parse(await readFile(
		path.join(folder, 'package.json'), 'utf8'));
	const files = (await readdir(folder, { recursive: false }))
		.filter((f) => /^(licen[cs]e|copying|notice|authors)/i.test(f));
	const more = [];

	for (const sub of ['docs', 'vendor/pako']) {
		if (existsSync(path.join(folder, sub))) {
			const list = await readdir(path.join(folder, sub));

			/* fonts of noVNC's own page are not part of ours */
			more.push(...list.filter((f) => /^licen[cs]e/i.test(f) &&
				!/OFL/.test(f)).map((f) => path.join(sub, f)));
		}
	}
	const heads = name === changed ? await headsOf(folder) : [];
	const texts = await Promise.all([...files, ...more].sort().map(
		async (f) => `--- ${name}/${f}\n\n${(await readFile(
			path.join(folder, f), 'utf8')).trim()}\n`));

	return `${name} ${info.version}\nLicence: ${info.license}\n` +
		`Source: ${info.homepage ?? info.repository?.url ??
		info.repository ?? ''} ` +
		`(npm package ${name}@${info.version}, ${name === changed ?
			'src/quic.js bounded by web/build.mjs' : 'unchanged'})\n\n` +
		[...texts, ...heads].join('\n');
}

/* Files of still others have their terms at their head. */
async function headsOf(folder) {
	const found = ['src/atKeynames.js'];

	for (const file of await readdir(path.join(folder, 'src/thirdparty'))) {
		if (file.endsWith('.js'))
			found.push(`src/thirdparty/${file}`);
	}
	return Promise.all(found.map(async (file) => {
		const text = await readFile(path.join(folder, file), 'utf8');
		const head = /^(?:"use strict";)?(?:\s*(?:\/\*[^]*?\*\/|\/\/[^\n]*\n))+/.exec(text);

		return `--- ${changed}/${file}\n\n${(head?.[0] ?? '').trim()}\n`;
	}));
}

async function licences(metafile) {
	const packages = new Set(Object.keys(metafile.inputs).map(packageOf)
		.filter(Boolean));
	const parts = await Promise.all([...packages].sort().map(licenceOf));

	await writeFile(path.join(dist, 'licenses.txt'),
		'The Glassbridge page contains the work of others, under these ' +
		`terms.\n\n${parts.join(`\n${'='.repeat(72)}\n\n`)}`);
}

async function compress() {
	const sizes = {};

	for (const folder of ['', 'assets']) {
		for (const entry of await readdir(path.join(dist, folder),
			{ withFileTypes: true })) {
			if (!entry.isFile())
				continue;
			const file = path.join(folder, entry.name);
			const data = gzipSync(await readFile(path.join(dist, file)),
				{ level: 9 });

			await writeFile(path.join(dist, `${file}.gz`), data);
			sizes[file] = data.length;
		}
	}
	return sizes;
}

function consoleSize(metafile, names, sizes, chunk) {
	const key = Object.keys(metafile.outputs).find((o) =>
		path.relative(dist, path.resolve(here, o)) === names.console);
	const files = [...reach(metafile, key, chunk)].map((o) =>
		path.relative(dist, path.resolve(here, o)));

	return [...files, 'console.html', names.style, names.theme,
		names.favicon].reduce((sum, f) => sum + sizes[f], 0);
}

await rm(dist, { recursive: true, force: true });
await mkdir(path.join(dist, 'assets'), { recursive: true });
const { modules, names } = await bundle();

names.favicon = await favicon();
for (const name of documents)
	await writeDocument(name, modules, names);
await licences(modules);
const sizes = await compress();

for (const [name, { chunk, budget }] of Object.entries(kinds)) {
	const total = consoleSize(modules, names, sizes, chunk);

	console.log(`web: a ${name} transfers ${(total / 1024).toFixed(1)} KiB ` +
		`of ${budget / 1024} KiB`);
	if (total > budget) {
		console.error('web: that is more than its budget');
		process.exitCode = 1;
	}
}
