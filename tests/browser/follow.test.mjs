/* A console follows its guest: restarts, moves, and power from its bar. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, openGuest, waitForState } from './helpers.mjs';
import { settle } from './cluster.mjs';
import { stage } from './stage.mjs';

const s = stage();

function guest(name) {
	return s.mock.guests.find((g) => g.name === name);
}

async function opened(name) {
	s.mock.cluster();
	const page = await s.open();

	await page.locator('.card:not(.skeleton)').first().waitFor();
	await openGuest(page, name);
	await waitForState(page, 'connected');
	return page;
}

function bar(page) {
	return page.locator('.console-shown .bar');
}

test('the bar names the node; a guest that moved is followed (R84)',
	async () => {
		const page = await opened('web1');

		await bar(page).getByText('on pve1').waitFor();
		assert.deepEqual(await axe(page), []);
		guest('web1').node = 'pve2';
		s.mock.endAll(1011, 'backend_failed: pve1 closed the connection.');
		await page.getByText('web1 moved to pve2').waitFor();
		await bar(page).getByText('on pve2').waitFor();
		await waitForState(page, 'connected');
		assert.equal(await page.locator('.tab').count(), 1);
	});

test('a guest that restarted is told of, in the same tab', async () => {
	const page = await opened('web1');

	await bar(page).getByText('on pve1').waitFor();
	guest('web1').marks.uptime = 4;
	s.mock.endAll(1000, 'guest_closed: The guest closed the connection.');
	await page.getByText('web1 restarted').waitFor();
	await waitForState(page, 'connected');
	assert.equal(await page.locator('.tab').count(), 1);
});

test('a guest that was off for a while comes back by itself', async () => {
	const page = await opened('web1');

	await bar(page).getByText('on pve1').waitFor();
	settle(Object.assign(guest('web1'), { status: 'stopped' }));
	s.mock.refuse = 'guest_not_running';
	s.mock.endAll(1000, 'guest_closed: The guest closed the connection.');
	await page.locator('.console-shown .overlay-word').filter({
		hasText: 'guest_not_running',
	}).waitFor();
	settle(Object.assign(guest('web1'), { status: 'running' }));
	s.mock.refuse = '';
	await waitForState(page, 'connected');
	await page.getByText('web1 restarted').waitFor();
});

test('power stands in the bar of the console, with what is permitted',
	async () => {
		const page = await opened('web1');

		await bar(page).getByRole('button', {
			name: 'Power and snapshots of web1',
		}).click();
		const panel = page.locator('.panel-guest:not([hidden])');

		await panel.getByRole('button', { name: 'Reboot' }).click();
		await page.getByRole('button', { name: 'Reboot web1' }).click();
		await page.locator('.notice', { hasText: 'was rebooted' }).waitFor();
		assert.deepEqual(await axe(page), []);
		await page.keyboard.press('Escape');
		await panel.waitFor({ state: 'hidden' });
		guest('web1').power = [];
		guest('web1').snapshots = false;
		guest('web1').kinds.serial = undefined;
		await page.evaluate(() => dispatchEvent(new Event('online')));
		await bar(page).getByRole('button', { name: /^Power/ })
			.waitFor({ state: 'hidden' });
	});

test('a console alone has them, too', async () => {
	s.mock.cluster();
	const page = await s.open(`console/${encodeURIComponent(
		'home/qemu/100')}`);

	await waitForState(page, 'connected');
	await bar(page).getByText('on pve1').waitFor();
	await bar(page).getByRole('button', {
		name: 'Power and snapshots of web1',
	}).waitFor();
	assert.deepEqual(await axe(page), []);
});
