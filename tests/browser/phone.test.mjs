import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, becomes, phone, waitForState } from './helpers.mjs';
import { stage } from './stage.mjs';

const s = stage({}, { viewport: phone, touch: true });

async function noSidewaysScroll(page) {
	const [wide, own] = await page.evaluate(() => [
		document.documentElement.scrollWidth, innerWidth]);

	assert.ok(wide <= own, `${wide} wide on ${own}`);
}

test('the wall fits a phone and has no finding', async () => {
	const page = await s.open();

	await page.locator('.card:not(.skeleton)').first().waitFor();
	await noSidewaysScroll(page);
	assert.deepEqual(await axe(page), []);
});

test('the keyboard of a phone types into the guest', async () => {
	const page = await s.open('console/home%2F100');

	await waitForState(page, 'connected');
	await noSidewaysScroll(page);
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'On-screen keyboard' }).tap();
	await page.keyboard.insertText('Aé');
	await page.evaluate(() => {
		const field = document.querySelector('.softkeys');

		field.value = field.value.slice(0, -1);
		field.dispatchEvent(new Event('input'));
	});
	await becomes(() => s.mock.screens()[0].keys.filter(([, down]) => down)
		.map(([key]) => key), [0x41, 0xe9, 0xff08]);
});

test('panels open as sheets inside the screen', async () => {
	const page = await s.open('console/home%2F100');

	await waitForState(page, 'connected');
	for (const name of ['Keys', 'Clipboard', 'Display',
		'About this console']) {
		await page.getByRole('button', { name, exact: true }).tap();
		const box = await page.locator('.panel:not([hidden])').boundingBox();

		assert.ok(box.x >= 0 && box.x + box.width <= phone.width, name);
		assert.ok(box.y >= 0 && box.y + box.height <= phone.height, name);
		assert.deepEqual(await axe(page), []);
		await page.keyboard.press('Escape');
	}
});

test('a phone has the keys that a terminal needs', async () => {
	const page = await s.open('console/home%2F100?kind=serial');

	await waitForState(page, 'connected');
	const shell = s.mock.screens()[0];
	const row = page.getByRole('toolbar', { name: 'Keys' });
	const key = (name) => row.getByRole('button', { name, exact: true });

	await page.locator('.xterm-screen').tap();
	await key('Esc').tap();
	await key('Up').tap();
	await key('Ctrl').tap();
	await page.keyboard.type('c');
	await page.keyboard.type('c');
	await becomes(() => shell.typed, '\x1b\x1b[A\x03c');
	assert.ok(await page.evaluate(() =>
		document.activeElement.matches('.xterm-helper-textarea')));
	assert.deepEqual(await axe(page), []);
});
