/*
 * Whatever Chromium receives while consoles of real guests are open (bodies,
 * headers, frames of WebSockets, and the raw bytes of the wire below them),
 * searched for everything the cluster has handed out to the gateway.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster, Gateway } from './pve.mjs';
import { launch, openPage, until, waitForState } from './helpers.mjs';
import { Wire } from './wire.mjs';

const LEAST = 8; /* characters: shorter ones are found by chance */
const TYPED = 'echo hello';
const TYPE_MS = 3000; /* a guest that does not read yet is typed to again */

/* By kind: how many channels a console has, and what one of them tells. */
const kinds = {
	vnc: { channels: 1, tells: 'RFB 003.008' },
	serial: { channels: 1, tells: TYPED, isTyped: true },
	spice: { channels: 5, tells: 'REDQ' },
};

/* A text as others may write it, so that it is found in what they wrote. */
export function forms(text) {
	const raw = Buffer.from(text, 'latin1');
	const every = [...raw].map((b) => b.toString(16).padStart(2, '0'));
	const base64 = [0, 1, 2].map((shift) => {
		/* within a longer text: its first and last letters are mixed */
		const whole = Buffer.concat([Buffer.alloc(shift), raw])
			.toString('base64').replaceAll('=', '');
		const clean = whole.slice(shift === 0 ? 0 : shift + 1);

		return (raw.length + shift) % 3 ? clean.slice(0, -1) : clean;
	});

	return [text, JSON.stringify(text).slice(1, -1),
		encodeURIComponent(text), encodeURI(text),
		`%${every.join('%')}`, `%${every.join('%')}`.toUpperCase(),
		every.join(''), every.join('').toUpperCase(), ...base64,
		...base64.map((b) => b.replaceAll('+', '-').replaceAll('/', '_'))];
}

/* The forms of any of these that are in any of those. */
export function found(secrets, heaps) {
	return secrets.filter(({ text }) => text.length >= LEAST).flatMap(
		({ kind, text }) => [...new Set(forms(text))]
			.filter((form) => heaps.some((heap) =>
				heap.includes(Buffer.from(form, 'latin1'))))
			.map((form) => `${kind}: ${form}`));
}

/* All that a page is told, by channel. */
async function record(context, page) {
	const cdp = await context.newCDPSession(page);
	const streams = new Map();
	const bodies = [];
	const add = (id, data) => streams.set(id,
		[...streams.get(id) ?? [], data]);

	await cdp.send('Network.enable');
	cdp.on('Network.webSocketFrameReceived', ({ requestId, response }) =>
		add(requestId, Buffer.from(response.payloadData,
			response.opcode === 2 ? 'base64' : 'utf8')));
	cdp.on('Network.webSocketHandshakeResponseReceived',
		({ requestId, response }) => add(requestId,
			Buffer.from(JSON.stringify(response.headers))));
	page.on('response', (response) => bodies.push((async () =>
		Buffer.from(JSON.stringify(await response.allHeaders()) +
			(await response.text().catch(() => ''))))()));
	return {
		sockets: () => streams.size,
		heard: (text) => [...streams.values()].some((list) =>
			Buffer.concat(list).includes(text)),
		heaps: async () => [...await Promise.all(bodies),
			...[...streams.values()].map((list) => Buffer.concat(list))],
	};
}

const s = {};

before(async () => {
	s.wire = new Wire();
	await s.wire.listen();
	s.browser = await launch();
});

after(async () => {
	await s.browser?.close();
	await s.gateway?.close();
	await s.cluster?.close();
	s.wire?.close();
});

async function up(mode) {
	await s.gateway?.close();
	await s.cluster?.close();
	s.cluster = await new Cluster().start('--mode', mode);
	s.gateway = await new Gateway().start(
		s.cluster.profile('home', 'ops@pve'), [s.wire.origin]);
	s.wire.target = s.gateway.port;
	const page = await openPage(s.browser.context,
		`${s.wire.origin}/${new URL(s.gateway.link).hash}`);

	await page.locator('.card:not(.skeleton)').first().waitFor();
	await page.close();
}

/* A console of each kind, in use. */
async function look(kind, guest, heaps) {
	const page = await openPage(s.browser.context, 'about:blank');
	const recorder = await record(s.browser.context, page);

	await page.goto(`${s.wire.origin}/console/home%2Fqemu%2F${guest}` +
		`?kind=${kind}`);
	await waitForState(page, 'connected', 60000);
	const { channels, tells, isTyped } = kinds[kind];
	let typed = -TYPE_MS;

	await page.waitForTimeout(1000); /* let it show more than is asked for */
	await until(async () => {
		if (performance.now() - typed > TYPE_MS &&
			(isTyped || typed < 0)) {
			await page.keyboard.type(`${TYPED}\n`);
			typed = performance.now();
		}
		return recorder.sockets() >= channels && recorder.heard(tells);
	}, 60000);
	await page.waitForTimeout(1000);
	const sockets = recorder.sockets();

	heaps.push(...await recorder.heaps());
	await page.close();
	return sockets;
}

test('the search finds what is planted, however it is written', () => {
	const text = 'a"9%Z/~+q\\PVEVNC:0815::x/+y==';
	const heap = (written) => [Buffer.from('before '), Buffer.from(
		`before ${written} after`, 'latin1')];
	const planted = [{ kind: 'planted', text }];
	const raw = Buffer.from(text);

	for (const written of [text, JSON.stringify(text),
		encodeURIComponent(text), raw.toString('hex'),
		raw.toString('hex').toUpperCase(),
		...[0, 1, 2].map((n) => Buffer.concat([Buffer.alloc(n, 1), raw,
			Buffer.alloc(n, 2)]).toString('base64')),
		Buffer.concat([Buffer.from('xy'), raw]).toString('base64url')])
		assert.ok(found(planted, heap(written)).length > 0, written);
	assert.deepEqual(found(planted, heap(text.slice(1))), []);
});

for (const mode of ['new', 'old']) {
	test(`no ticket and no password of a ${mode} cluster reaches the browser`,
		async (t) => {
			await up(mode);
			const heaps = [];

			assert.equal(await look('vnc', 100, heaps), 1);
			assert.equal(await look('serial', 100, heaps), 1);
			assert.ok(await look('spice', 101, heaps) >= 5);
			const minted = await s.cluster.control('/secrets');
			const { tokens } = s.cluster.facts;
			const secrets = [...minted, ...Object.values(tokens).map(
				(text) => ({ kind: 'token', text }))];
			const known = new Set(minted.map((m) => m.kind));

			for (const kind of ['ticket', 'csrf', 'vncticket',
				'vnc password', 'spice host', 'spice password'])
				assert.ok(known.has(kind), `${kind} was never minted`);
			heaps.push(s.wire.received);
			t.diagnostic(`${secrets.length} secrets in ${heaps.length} ` +
				`heaps of ${heaps.reduce((n, h) => n + h.length, 0)} bytes`);
			assert.ok(s.wire.received.length > 50000);
			assert.deepEqual(found(secrets, heaps), []);
			/* the recording is whole: what was shown there is in it */
			assert.ok(heaps[0].length > 0 && heaps.some((h) =>
				h.includes('RFB 003.008')));
			assert.ok(heaps.some((h) => h.includes('REDQ')));
			assert.ok(found([{ kind: 'typed', text: TYPED }], heaps)
				.length > 0);
		});
}
