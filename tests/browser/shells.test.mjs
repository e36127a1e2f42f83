/*
 * Terminals, all together: the page, the gateway, and the shells of a
 * Proxmox-compatible cluster.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endDemo, startDemo } from './demo.mjs';
import { axe, launch, openPage, until, waitForState } from './helpers.mjs';
import { Wire } from './wire.mjs';

const BOOT_MS = 60000; /* a machine that starts when it is opened */
const CONTAINER = 'pve/lxc/200';
const s = {};

function address(guest) {
	return `${s.wire.origin}/console/${encodeURIComponent(guest)}`;
}

before(async () => {
	s.wire = new Wire();
	await s.wire.listen();
	s.demo = await startDemo(s.wire);
	s.browser = await launch();
	s.page = await openPage(s.browser.context, s.demo.link);
	await s.page.locator('.card:not(.skeleton)').first().waitFor();
});

after(async () => {
	await s.browser?.close();
	await endDemo(s.demo);
	s.wire?.close();
});

async function says(words, timeout = 30000, page = s.page) {
	await page.waitForFunction((w) => [...document.querySelectorAll(
		'.console-shown .xterm-rows > div')].some((row) =>
		row.textContent.replaceAll('\u00a0', ' ').includes(w)), words,
	{ timeout });
}

/* Runs it there; the answer stands on a line that was not typed. */
async function run(command, answer) {
	await s.page.keyboard.type(`${command}\n`, { delay: 5 });
	await says(answer);
}

/* The same, again and again: a shell that starts loses what it was told. */
async function typedUntil(command, answer) {
	await until(async () => {
		await s.page.keyboard.type(`${command}\n`, { delay: 5 });
		return says(await answer(), 3000).then(() => true, () => false);
	}, BOOT_MS);
}

test('a container opens as a terminal, and knows its size', async () => {
	await s.page.goto(address(CONTAINER));
	await waitForState(s.page, 'connected');
	await says('#');
	await run('echo glass-$((40+2))', 'glass-42');
	const rows = await s.page.locator('.xterm-rows > div').count();

	await run('set -- $(stty size); echo rows-$1', `rows-${rows}`);
	await s.page.setViewportSize({ width: 1000, height: 600 });
	await until(async () => await s.page.locator('.xterm-rows > div').count() <
		rows);
	await typedUntil('set -- $(stty size); echo now-$1', async () =>
		`now-${await s.page.locator('.xterm-rows > div').count()}`);
	await s.page.setViewportSize({ width: 1440, height: 900 });
	assert.deepEqual(await axe(s.page), []);
	assert.deepEqual(s.page.faults, []);
});

test('what it said is found again', async () => {
	await s.page.keyboard.type(
		'for i in $(seq 200); do echo needle-$i; done\n', { delay: 5 });
	await says('needle-200');
	await s.page.keyboard.press('Control+Shift+F');
	await s.page.keyboard.type('needle-19');
	await s.page.getByText('11 of 11').waitFor();
	await s.page.keyboard.press('Escape');
});

test('a cut wire comes back with the lines and the shell', async () => {
	await run('here=there; echo kept-$((1+1))', 'kept-2');
	s.wire.cut();
	await waitForState(s.page, 'lost');
	await s.page.waitForTimeout(500);
	s.wire.mend();
	await waitForState(s.page, 'connected');
	await says('reconnected');
	await says('kept-2');
	await run('echo "still $here"', 'still there');
});

test('who may only look sees it, and types nothing', async () => {
	const url = await s.page.evaluate(async (guest) => (await (await fetch(
		'/api/v1/links', {
			method: 'POST', headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ guest, rights: ['view'] }),
		})).json()).url, CONTAINER);
	const other = await launch();

	try {
		const link = new URL(url, s.wire.origin);

		link.port = String(s.wire.port);
		const page = await openPage(other.context, link.href);

		await page.locator('.console-shown').waitFor();
		if (await page.locator('.term').count() === 0) {
			await page.getByRole('button',
				{ name: 'Terminal', exact: true }).click();
		}
		await waitForState(page, 'connected');
		await page.getByText('View only').first().waitFor();
		await page.locator('.xterm-screen').click();
		await page.keyboard.type('echo forbidden-$((2+3))\n');
		await run('echo allowed-$((2+4))', 'allowed-6');
		await says('allowed-6', 30000, page);
		assert.equal(await page.getByText('forbidden').count(), 0);
		assert.deepEqual(page.faults, []);
	} finally {
		await other.close();
	}
});

test('a machine starts with its console, one click from its screen',
	async () => {
		await s.page.goto(address('pve/qemu/100'));
		await waitForState(s.page, 'connected', BOOT_MS);
		await s.page.locator('.screen canvas').waitFor();
		await s.page.getByRole('button', { name: 'Terminal', exact: true })
			.click();
		await waitForState(s.page, 'connected', BOOT_MS);
		await says('#', BOOT_MS);
		await typedUntil('echo serial-$((40+2))', () => 'serial-42');
		await s.page.goto(address('pve/qemu/100'));
		await s.page.locator('.term').waitFor();
	});
