/*
 * The page, the program and a real machine, all together: the demo's guests
 * behind the real gateway, seen through a wire that the test can cut.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { endDemo, startDemo } from './demo.mjs';
import { axe, countTransfer, launch, openGuest, openPage, pictureOf,
	until, waitForState } from './helpers.mjs';
import { Machine } from './machine.mjs';
import { Wire } from './wire.mjs';

const PICTURE_BYTES_MAX = 120 * 1024;

const s = {};

before(async () => {
	s.wire = new Wire();
	await s.wire.listen();
	s.demo = await startDemo(s.wire);
	s.tiny = new Machine(s.demo.told.machines
		.find((m) => m.name === 'tiny'));
	await s.tiny.open();
	s.browser = await launch();
});

after(async () => {
	await s.browser?.close();
	s.tiny?.close();
	await endDemo(s.demo);
	s.wire?.close();
});

/* The share of pixels that differ: 1 where the sizes do. */
function difference(a, b) {
	if (a.width !== b.width || a.height !== b.height)
		return 1;
	let differ = 0;

	for (let i = 0; i < a.rgb.length; i += 3)
		differ += a.rgb[i] !== b.rgb[i] || a.rgb[i + 1] !== b.rgb[i + 1] ||
			a.rgb[i + 2] !== b.rgb[i + 2] ? 1 : 0;
	return differ / (a.rgb.length / 3);
}

async function comparePicture(page) {
	let least = 1;

	for (let i = 0; i < 100 && least > 0.002; i++) {
		const [shown, dumped] = [await pictureOf(page),
			await s.tiny.screendump()];

		shown.rgb = Buffer.from(shown.rgb, 'base64');
		least = Math.min(least, difference(shown, dumped));
		await page.waitForTimeout(100);
	}
	return least;
}

test('a link signs in and the wall shows every guest', async () => {
	const page = await openPage(s.browser.context,
		s.demo.link);

	await page.locator('.card:not(.skeleton)').first().waitFor();
	for (const machine of s.demo.told.machines)
		assert.ok(await page.getByText(`lab/${machine.name}`).count());
	assert.equal(new URL(page.url()).hash, '');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	s.page = page;
});

test('a console shows the guest\'s own picture, soon and small',
	async (t) => {
		const transferred = await countTransfer(s.page);
		const begin = Date.now();

		await openGuest(s.page, 'tiny');
		await waitForState(s.page, 'connected');
		await s.page.waitForFunction(() => {
			const canvas = document.querySelector(
				'.console-shown .screen canvas');

			return canvas && canvas.width > 100;
		});
		t.diagnostic(`first picture after ${Date.now() - begin} ms`);
		t.diagnostic(`${transferred()} bytes for the console's files`);
		const differs = await comparePicture(s.page);

		t.diagnostic(`${(differs * 100).toFixed(2)} % of pixels differ`);
		assert.ok(differs <= 0.01, `${differs}`);
		assert.ok(transferred() <= PICTURE_BYTES_MAX, `${transferred()}`);
		assert.deepEqual(await axe(s.page), []);
		assert.deepEqual(s.page.faults, []);
	});

test('what is typed is found on the guest\'s serial line', async () => {
	const word = `glass${Date.now() % 100000}`;

	await s.page.keyboard.type(`echo ${word}\n`, { delay: 30 });
	await s.tiny.hears(word);
});

test('a cut wire comes back by itself, without a reload', async (t) => {
	await s.page.evaluate(() => {
		window.stillTheSame = true;
	});
	s.wire.cut();
	await waitForState(s.page, 'lost');
	await s.page.waitForTimeout(3000);
	s.wire.mend();
	const begin = Date.now();

	await waitForState(s.page, 'connected');
	const took = Date.now() - begin;

	t.diagnostic(`connected again after ${took} ms`);
	assert.equal(await s.page.evaluate(() => window.stillTheSame), true);
	const word = `again${Date.now() % 100000}`;

	await s.page.keyboard.type(`echo ${word}\n`, { delay: 30 });
	await s.tiny.hears(word);
});

test('the browser never received the console\'s password', async () => {
	const password = readFileSync(s.demo.told.machines
		.find((m) => m.name === 'tiny').vnc_password_file, 'utf8').trim();

	assert.ok(password.length >= 6);
	assert.ok(s.wire.received.length > 10000);
	assert.equal(s.wire.received.includes(password), false);
});

test('a guest may be named with a plain slash', async () => {
	const page = await openPage(s.browser.context,
		`${s.wire.origin}/console/lab/tiny`);

	await waitForState(page, 'connected');
	assert.ok(page.url().endsWith('/console/lab%2Ftiny'), page.url());
	await page.close();
});

test('a session that is ended says so, and does not come back', async () => {
	const live = () => s.page.evaluate(async () =>
		(await (await fetch('/api/v1/sessions')).json()).sessions
			.filter((x) => x.state === 'streaming').map((x) => x.id));

	await until(async () => (await live()).length === 1); /* others leave */
	const ended = await s.page.evaluate(async (id) => (await fetch(
		`/api/v1/sessions/${id}`, { method: 'DELETE' })).status,
	(await live())[0]);

	assert.equal(ended, 204);
	await waitForState(s.page, 'ended');
	assert.ok(await s.page.getByText('killed').count());
	await s.page.waitForTimeout(1500);
	await waitForState(s.page, 'ended');
	assert.deepEqual(await axe(s.page), []);
});
