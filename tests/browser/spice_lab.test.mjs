/*
 * SPICE consoles of real guests: Chromium, the program, and a cluster of the
 * lab whose QEMUs speak SPICE by TLS behind an HTTP CONNECT proxy.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { axe, becomes, launch, openPage, waitForState } from './helpers.mjs';
import { Machine } from './machine.mjs';
import { Cluster, Gateway } from './pve.mjs';
import { Wire } from './wire.mjs';

const GUEST = 101; /* qxl */
const EYE = 'gbt_eye_that_sees_and_never_types_0123456789';
const eye = () => `[[tokens]]\nname = "eye"\nhash = "sha256:${
	createHash('sha256').update(EYE).digest('hex')}"\n` +
	'[[rules]]\nwho = "eye"\nguests = ["home/*"]\nmay = ["view"]\n';

const s = {};

before(async () => {
	s.wire = new Wire();
	await s.wire.listen();
	s.browser = await launch();
});

async function down() {
	for (const page of s.browser?.context.pages() ?? [])
		await page.goto('about:blank');
	s.machine?.close();
	await s.gateway?.close();
	await s.cluster?.close();
}

after(async () => {
	await down();
	await s.browser?.close();
	s.wire?.close();
});

async function up(mode) {
	await down();
	s.cluster = await new Cluster().start('--mode', mode);
	const { machine } = await s.cluster.control(`/guests/${GUEST}/machine`,
		{});

	s.machine = new Machine(machine);
	await s.machine.open();
	await s.machine.hears(':/root#'); /* what is typed before is lost */
	s.gateway = await new Gateway().start(s.cluster.profile('home',
		mode === 'new' ? 'ops@pve!gate' : 'ops@pve') + eye(),
	[s.wire.origin], 'login = ["link", "token"]');
	s.wire.target = s.gateway.port;
	const page = await openPage(s.browser.context,
		`${s.wire.origin}/${new URL(s.gateway.link).hash}`);

	await page.locator('.card:not(.skeleton)').first().waitFor();
	await page.close();
}

/* The console of one page at a time: a guest has one SPICE viewer. */
async function open() {
	for (const page of s.browser.context.pages())
		await page.goto('about:blank');
	return openPage(s.browser.context,
		`${s.wire.origin}/console/home%2Fqemu%2F${GUEST}?kind=spice`);
}

async function counted(name) {
	return (await s.cluster.control('/counters'))[name] ?? 0;
}

/* The picture as the page has drawn it. */
async function pictureOf(page) {
	const shown = await page.frameLocator('.spice-frame').locator('canvas')
		.evaluate((canvas) => {
			const { width, height } = canvas;
			const { data } = canvas.getContext('2d')
				.getImageData(0, 0, width, height);
			let text = '';

			for (let i = 0; i < data.length; i += 0x8000)
				text += String.fromCharCode(...data.subarray(i, i + 0x8000));
			return { width, height, rgba: btoa(text) };
		});

	return { ...shown, rgba: Buffer.from(shown.rgba, 'base64') };
}

/* The share of dots that differ: 1 where the sizes do. */
function difference(shown, dumped) {
	if (shown.width !== dumped.width || shown.height !== dumped.height)
		return 1;
	const dots = shown.width * shown.height;
	let differ = 0;

	for (let i = 0; i < dots; i++)
		differ += [0, 1, 2].some((c) => shown.rgba[4 * i + c] !==
			dumped.rgb[3 * i + c]) ? 1 : 0;
	return differ / dots;
}

async function comparePicture(page) {
	let least = 1;

	for (let i = 0; i < 100 && least > 0.002; i++) {
		least = Math.min(least, difference(await pictureOf(page),
			await s.machine.screendump()));
		await page.waitForTimeout(100);
	}
	return least;
}

async function types(page, word) {
	await page.frameLocator('.spice-frame').locator('.spice').focus();
	await page.keyboard.type(`echo ${word}\n`, { delay: 30 });
	await s.machine.hears(word);
}

for (const mode of ['new', 'old']) {
	test(`a ${mode} cluster's guest is seen, heard and typed to by SPICE`,
		async (t) => {
			await up(mode);
			const page = await open();

			await waitForState(page, 'connected', 30000);
			const differs = await comparePicture(page);

			t.diagnostic(`${(differs * 100).toFixed(2)} % of dots differ`);
			assert.ok(differs <= 0.01, `${differs}`);
			await types(page, `glass${Date.now() % 100000}`);
			/* main, display, inputs, cursor, playback; nothing else */
			await becomes(() => counted('connects.opened'), 5);
			assert.equal(await counted(`connects.guest.${GUEST}`), 5);
			assert.equal(await counted('connects.refused'), 0);
			await page.getByRole('button', { name: 'About this console' })
				.click();
			await page.getByText('main, display, inputs, cursor, playback')
				.waitFor();
			assert.deepEqual(await axe(page), []);
			assert.deepEqual(page.faults, []);
			await page.close();
		});
}

test('a cut wire comes back by itself, without a reload', async (t) => {
	await up('new');
	const page = await open();

	await waitForState(page, 'connected', 30000);
	await page.evaluate(() => {
		window.stillTheSame = true;
	});
	s.wire.cut();
	await waitForState(page, 'lost');
	await page.waitForTimeout(2500);
	s.wire.mend();
	const begin = Date.now();

	await waitForState(page, 'connected', 30000);
	t.diagnostic(`connected again after ${Date.now() - begin} ms`);
	assert.equal(await page.evaluate(() => window.stillTheSame), true);
	await types(page, `again${Date.now() % 100000}`);
	await page.close();
});

/* Trust: what the hypervisor told of the SPICE server must be true. */
async function isRefused(t) {
	const page = await open();

	await waitForState(page, 'ended', 30000);
	await page.getByText('hypervisor_untrusted').waitFor();
	t.diagnostic(await page.locator('.overlay-sentence').innerText());
	assert.ok((await page.locator('.overlay-hint').innerText()).length > 20);
	assert.ok(await page.getByRole('link', { name: 'Open in Proxmox' })
		.getAttribute('href').then((h) => h.includes('console=kvm')));
	assert.deepEqual(await axe(page), []);
	return page;
}

test('another subject is refused, and VNC is one click away', async (t) => {
	await s.cluster.control('/nodes/pve1/spice', { 'host-subject':
		'OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=evil.test' });
	const page = await isRefused(t);

	await page.getByRole('button', { name: 'Open the VNC screen' }).click();
	await waitForState(page, 'connected', 30000);
	assert.match(page.url(), /kind=vnc/);
	await page.close();
});

test('another certificate authority is refused', async (t) => {
	const folder = mkdtempSync(path.join(tmpdir(), 'glassbridge-ca-'));
	const file = path.join(folder, 'ca.pem');

	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-keyout',
		path.join(folder, 'key.pem'), '-out', file, '-subj', '/CN=another',
		'-days', '2'], { stdio: 'ignore' });
	await s.cluster.control('/nodes/pve1/spice', {
		ca: readFileSync(file, 'utf8').replaceAll('\n', '\\n') });
	await (await isRefused(t)).close();
	rmSync(folder, { recursive: true });
	await s.cluster.control('/nodes/pve1/spice', {});
	const page = await open();

	await waitForState(page, 'connected', 30000);
	await page.close();
});

test('who may look only has four channels, and none for input', async () => {
	await s.cluster.control('/counters', {});
	await s.browser.context.clearCookies();
	const page = await open();

	await page.getByLabel('Access token').fill(EYE);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await waitForState(page, 'connected', 30000);
	await page.locator('.bar .badge', { hasText: 'View only' }).waitFor();
	assert.ok(await comparePicture(page) <= 0.01);
	await page.waitForTimeout(500);
	assert.equal(await counted('connects.opened'), 4);
	await page.close();
	await s.browser.context.clearCookies();
});
