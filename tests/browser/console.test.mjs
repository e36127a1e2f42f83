import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, becomes, coloursOnScreen, focusIs, openPage, until, waitForState }
	from './helpers.mjs';
import { stage } from './stage.mjs';

const s = stage();
const GUEST = 'console/home%2F100';
const CTRL = 0xffe3;
const ALT = 0xffe9;

async function connected(path = GUEST) {
	const page = await s.open(path);

	await waitForState(page, 'connected');
	return page;
}

function keysDown(screen) {
	const down = new Set();

	for (const [key, pressed] of screen.keys) {
		if (pressed)
			down.add(key);
		else
			down.delete(key);
	}
	return [...down];
}

test('a console shows its picture and has no finding', async () => {
	const page = await connected();

	await until(async () => await coloursOnScreen(page) > 20);
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		assert.deepEqual(await axe(page), []);
	}
	assert.deepEqual(page.faults, []);
});

test('a link opens its console and leaves no code behind', async () => {
	s.mock.signedIn = false;
	const page = await connected(`${GUEST}#t=once`);

	assert.equal(new URL(page.url()).hash, '');
});

test('an address with a plain slash works, below a prefix too', async () => {
	const { Mock } = await import('./mock.mjs');
	const mock = new Mock({ prefix: '/vm/gate/' });

	await mock.listen();
	const page = await openPage(s.context, `${mock.base}console/home/100`);

	await waitForState(page, 'connected');
	assert.deepEqual(page.faults, []);
	await mock.close();
});

test('keys reach the guest, the chord brings the focus back', async () => {
	const page = await connected();
	const [screen] = s.mock.screens();

	await page.keyboard.press('a');
	await becomes(() => screen.keys, [[0x61, true], [0x61, false]]);
	for (const key of ['Control', 'Alt', 'Shift'])
		await page.keyboard.down(key);
	for (const key of ['Shift', 'Alt', 'Control'])
		await page.keyboard.up(key);
	await focusIs(page, '.bar *');
	await becomes(() => keysDown(screen), []);
	await page.keyboard.press('Escape');
	await focusIs(page, 'canvas');
});

test('combinations go down in order and come up again', async () => {
	const page = await connected();
	const [screen] = s.mock.screens();

	await page.getByRole('button', { name: 'Keys' }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Ctrl+Alt+F2', exact: true })
		.click();
	await becomes(() => screen.keys.slice(0, 3),
		[[CTRL, true], [ALT, true], [0xffbf, true]]);
	await becomes(() => keysDown(screen), []);
});

test('text goes both ways through the clipboard panel', async () => {
	const page = await connected();
	const [screen] = s.mock.screens();

	await page.getByRole('button', { name: 'Clipboard' }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Shared clipboard').fill('to the guest');
	await page.getByRole('button', { name: 'Send to guest' }).click();
	await becomes(() => screen.pasted, 'to the guest');
	screen.copy('from the guest');
	await becomes(() => page.getByLabel('Shared clipboard').inputValue(),
		'from the guest');
	await page.keyboard.press('Escape');
	await focusIs(page, '[aria-label="Clipboard"]');
});

test('display choices are remembered per guest', async () => {
	const page = await connected();

	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('One to one').check();
	await page.reload();
	await waitForState(page, 'connected');
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.ok(await page.getByLabel('One to one').isChecked());
	assert.deepEqual(await axe(page), []);
	await page.goto(s.mock.base + 'console/home%2F101');
	await waitForState(page, 'connected');
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.ok(await page.getByLabel('Fit').isChecked());
	await page.goto(s.mock.base + GUEST);
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	await page.getByLabel('Fit').check();
});

test('who may only look sees that, and nothing typed is sent', async () => {
	s.mock.rights = ['view'];
	const page = await connected();
	const [screen] = s.mock.screens();

	await page.getByText('View only').first().waitFor();
	await page.locator('.screen canvas').click();
	await page.keyboard.press('a');
	await page.waitForTimeout(100);
	assert.deepEqual(screen.keys, []);
	assert.deepEqual(await axe(page), []);
});

test('a sealed console says so and closes the clipboard', async () => {
	s.mock.deny = ['clipboard', 'files'];
	const page = await connected();

	await page.getByText('Sealed: clipboard, files').waitFor();
	await page.getByRole('button', { name: 'Clipboard' }).click();
	assert.ok(await page.getByLabel('Shared clipboard').isDisabled());
	assert.deepEqual(await axe(page), []);
});

test('a broken network is told, and the console comes back by itself',
	async () => {
		const page = await connected();
		const marked = await page.evaluate(() => {
			window.sameDocument = true;
			return true;
		});

		assert.ok(marked);
		s.mock.cut();
		await waitForState(page, 'lost');
		assert.deepEqual(await axe(page), []);
		assert.equal(await page.locator('.screen-still').count(), 1);
		/* how soon after this is measured by tests/bench/resume */
		s.mock.mend();
		await waitForState(page, 'connected');
		assert.ok(await page.evaluate(() => window.sameDocument));
		assert.equal(s.mock.asked.resumes, 1);
		assert.equal(s.mock.asked.consoles, 1);
		await page.locator('.screen-still').waitFor({ state: 'detached' });
		await page.keyboard.press('b');
		await becomes(() => s.mock.screens().at(-1).keys[0], [0x62, true]);
	});

test('a network that breaks again before a frame leaves the last picture',
	async () => {
		const page = await connected();

		await page.evaluate(() => {
			window.requestAnimationFrame = (f) => setTimeout(f, 1000);
			window.cancelAnimationFrame = clearTimeout;
		});
		s.mock.cut();
		await waitForState(page, 'lost');
		s.mock.mend();
		await waitForState(page, 'connected');
		s.mock.cut();
		await waitForState(page, 'lost');
		await page.evaluate(() => new Promise((f) => setTimeout(f, 2000)));
		assert.equal(await page.locator('.screen-still').count(), 1);
		s.mock.mend();
	});

test('a silent network is noticed, and the console comes back', async () => {
	const page = await connected();

	await page.waitForFunction(() => performance.getEntriesByType('resource')
		.some((e) => e.name.endsWith('/api/status') && e.responseEnd > 0));
	s.mock.silence();
	await waitForState(page, 'lost');
	s.mock.mend();
	await waitForState(page, 'connected');
});

test('a guest that reboots is followed', async () => {
	const page = await connected();

	s.mock.refuse = 'guest_not_running';
	s.mock.endAll(1000, 'guest_closed: The guest was shut down.');
	await page.getByRole('heading', { name: 'The guest is not running' })
		.waitFor();
	assert.equal(await page.locator('.console-shown').getAttribute(
		'data-state'), 'lost');
	s.mock.refuse = '';
	await waitForState(page, 'connected');
});

for (const [word, title] of [
	['not_permitted', 'You may not open this console'],
	['hypervisor_untrusted', 'certificate is not the known one'],
	['hypervisor_unreachable', 'The hypervisor does not answer'],
	['no_such_guest', 'There is no such guest'],
]) {
	test(`${word} ends with its word, a sentence and a way out`, async () => {
		s.mock.refuse = word;
		const page = await s.open(GUEST);

		await waitForState(page, 'ended');
		await page.getByRole('heading', { name: title }).waitFor();
		await page.getByText(word).first().waitFor();
		assert.ok(await page.locator('.overlay-buttons button').count() > 0);
		assert.deepEqual(await axe(page), []);
		const { consoles } = s.mock.asked;

		await page.waitForTimeout(1500);
		assert.equal(s.mock.asked.consoles, consoles);
	});
}

test('a guest that is not up yet is told of, second by second', async () => {
	s.mock.startsMs = 9000;
	const page = await s.open('console/home%2F105?kind=vnc');
	const overlay = page.locator('.console-shown .overlay-card');

	await overlay.getByText('The guest is starting').waitFor();
	const seconds = async () => Number(/Starting, (\d+) s/.exec(
		await overlay.innerText())?.[1]);
	const first = await seconds();

	assert.ok(first >= 1 && first <= 8, `${first} s`);
	await page.waitForFunction((was) => Number(/Starting, (\d+) s/.exec(
		document.querySelector('.overlay-card').innerText)?.[1]) > was, first);
	assert.equal(await page.locator('.overlay [role="status"]').innerText(),
		'The guest is starting');
	assert.deepEqual(await axe(page), []);
	await waitForState(page, 'connected');
	assert.deepEqual(page.faults, []);
});

test('a guest that copies without end gets a part of it shown', async () => {
	const page = await connected();

	s.mock.screens()[0].copy('x'.repeat(3 * 1024 * 1024));
	await page.getByRole('button', { name: 'Clipboard', exact: true })
		.click();
	await page.waitForFunction(() => document.querySelector(
		'.clipboard-area').value.length > 0);
	assert.equal(await page.locator('.clipboard-area').evaluate((e) =>
		e.value.length), 256 * 1024);
});

test('killed is final until somebody opens it again', async () => {
	const page = await connected();

	s.mock.endAll(4403, 'killed: ops@pve ended this console.');
	await waitForState(page, 'ended');
	await page.getByText('ops@pve ended this console.').first().waitFor();
	assert.equal(await page.locator('.screen-still').count(), 0);
	await page.waitForTimeout(1200);
	assert.equal(s.mock.asked.resumes, 0);
	await page.getByRole('button', { name: 'Open again' }).click();
	await waitForState(page, 'connected');
});

test('a busy console can be taken over', async () => {
	s.mock.refuse = 'busy';
	const page = await s.open(GUEST);

	await waitForState(page, 'ended');
	await page.getByRole('button', { name: 'Take over' }).click();
	await waitForState(page, 'connected');
});

test('vnc.html keeps the meaning of noVNC\u2019s parameters', async () => {
	const page = await connected('vnc.html?autoconnect=true&resize=off' +
		'&view_only=1&path=websockify');

	assert.deepEqual(await axe(page), []);
	await page.getByText('View only').first().waitFor();
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.ok(await page.getByLabel('One to one').isChecked());
	s.mock.endAll(1000, '');
	await waitForState(page, 'ended');
	const waiting = await s.open('vnc.html#path=websockify&reconnect=true');

	assert.deepEqual(await axe(waiting), []);
	await waiting.getByRole('button', { name: 'Connect' }).click();
	await waitForState(waiting, 'connected');
	s.mock.endAll(1001, '');
	await waitForState(waiting, 'lost');
	await waitForState(waiting, 'connected');
});
