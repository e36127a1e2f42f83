/* The wall of a cluster: marks, filters, power, snapshots, and rights. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe } from './helpers.mjs';
import { settle } from './cluster.mjs';
import { stage } from './stage.mjs';

const s = stage();

async function wall() {
	s.mock.cluster();
	const page = await s.open();

	await page.locator('.card:not(.skeleton)').first().waitFor();
	return page;
}

function guest(name) {
	return s.mock.guests.find((g) => g.name === name && g.type !== 'node');
}

function card(page, name) {
	return page.locator('.card').filter({
		has: page.getByRole('heading', { name, exact: true }),
	}).first();
}

async function menu(page, name) {
	await page.getByRole('button', {
		name: `Power and snapshots of ${name}`, exact: true,
	}).click();
	return page.locator('.panel-guest:not([hidden])');
}

/* The page asks for the list again, as after a while. */
async function refresh(page) {
	await page.evaluate(() => dispatchEvent(new Event('online')));
}

test('a cluster\'s wall has no finding, as cards and as rows', async () => {
	const page = await wall();

	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		assert.deepEqual(await axe(page), []);
	}
	await page.getByRole('button', { name: 'Show as rows' }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Show as cards' }).click();
	assert.deepEqual(page.faults, []);
});

test('marks tell how busy a guest is and what it has (R31)', async () => {
	const page = await wall();
	const desk = card(page, 'desk1');
	const cpu = desk.getByRole('meter', { name: 'CPU' });

	assert.equal(await cpu.getAttribute('aria-valuenow'), '83');
	assert.equal(await cpu.getAttribute('aria-valuetext'),
		'83 % of 8 CPUs');
	assert.equal(await desk.getByRole('meter', { name: 'Mem' })
		.getAttribute('aria-valuetext'), '15 of 16 GiB of memory');
	for (const name of ['Audio', 'USB redirection', 'Clipboard'])
		assert.equal(await desk.getByRole('img', { name }).count(), 1);
	assert.equal(await desk.getByText('Windows 11 VM on pve1').count(), 1);
	assert.equal(await card(page, 'web1')
		.getByRole('img', { name: 'Guest agent' }).count(), 1);
	guest('desk1').marks.cpu = 0.5;
	await refresh(page);
	await desk.getByText('50 %').waitFor();
});

test('tags have the cluster\'s colours, and can be read in them', async () => {
	const page = await wall();
	const colours = (tag) => card(page, 'web1').getByRole('button', {
		name: `Show only guests tagged ${tag}`,
	}).evaluate((e) => [e.style.backgroundColor, e.style.color]);

	assert.deepEqual(await colours('prod'),
		['rgb(176, 35, 24)', 'rgb(255, 255, 255)']);
	assert.deepEqual(await colours('web'),
		['rgb(255, 209, 102)', 'rgb(0, 0, 0)']);
});

test('type, node, pool and tag narrow the wall (R30)', async () => {
	const page = await wall();
	const count = () => page.locator('.card').count();

	await page.getByLabel('Node', { exact: true }).selectOption('pve2');
	assert.equal(await count(), 4);
	await page.getByLabel('Pool', { exact: true }).selectOption('shop');
	assert.equal(await count(), 2);
	await page.getByLabel('Type', { exact: true }).selectOption('Container');
	assert.equal(await count(), 1);
	await page.getByRole('button', { name: /^paused/i }).click();
	await page.getByText('No guest matches').waitFor();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Show all' }).click();
	assert.equal(await count(), 10);
	await page.getByRole('button', { name: 'Show only guests tagged prod' })
		.first().click();
	assert.equal(await count(), 2);
	assert.equal(await page.getByLabel('Tag', { exact: true }).inputValue(),
		'prod');
});

test('shells of nodes are a group of their own', async () => {
	const page = await wall();
	const nodes = page.getByRole('region', { name: 'home: nodes' });

	assert.equal(await nodes.locator('.card').count(), 2);
});

test('a template cannot be opened, and says why', async () => {
	const page = await wall();
	const golden = card(page, 'golden');

	await golden.getByText('templates do not run').waitFor();
	assert.equal(await golden.locator('.kind').count(), 0);
	assert.equal(await golden.getByRole('button').count(), 0);
});

test('a missing console names the reason and the one beside it (R89)',
	async () => {
		const page = await wall();

		await card(page, 'web1').getByRole('button', { name: /^SPICE of/ })
			.focus();
		await page.keyboard.press('Enter');
		await card(page, 'web1').getByText('neither qxl nor').waitFor();
		assert.deepEqual(await axe(page), []);
		await card(page, 'web1').getByRole('button', {
			name: /Open the .* instead/,
		}).click();
		await page.locator('.console-shown').waitFor();
	});

test('a guest that is off is started from its card', async () => {
	const page = await wall();

	await page.getByRole('button', { name: 'Start asleep' }).click();
	await card(page, 'asleep').getByText('Starting').waitFor();
	await card(page, 'asleep').getByText('running').waitFor();
	await page.getByText('asleep was started').waitFor();
	await page.getByRole('button', { name: 'Open the screen of asleep' })
		.waitFor();
	assert.deepEqual(s.mock.powered, ['start asleep']);
});

test('stopping asks with the guest\'s name, and Escape takes it back',
	async () => {
		const page = await wall();
		const panel = await menu(page, 'web1');

		assert.deepEqual(await axe(page), []);
		await panel.getByRole('button', { name: 'Stop' }).click();
		const dialog = page.getByRole('dialog', { name: 'Stop web1?' });

		await dialog.waitFor();
		assert.deepEqual(await axe(page), []);
		assert.equal(await page.evaluate(() =>
			document.activeElement.textContent), 'Cancel');
		await page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(s.mock.powered, []);
		assert.equal(await panel.isVisible(), true);
		for (const name of ['Shut down', 'Reboot', 'Reset']) {
			await panel.getByRole('button', { name }).click();
			await page.getByRole('dialog', { name: `${name} web1?` })
				.getByRole('button', { name: 'Cancel' }).click();
		}
		assert.deepEqual(s.mock.powered, []);
	});

test('a job is followed: its task, its end', async () => {
	const page = await wall();
	const panel = await menu(page, 'web1');

	s.mock.jobMs = 6000; /* axe takes its time on a busy machine */
	await panel.getByRole('button', { name: 'Stop' }).click();
	await page.getByRole('button', { name: 'Stop web1', exact: true })
		.click();
	await panel.getByText('Stopping').waitFor();
	await panel.getByText(/^UPID:pve1:.*:qmstop:100:/).waitFor();
	assert.equal(await panel.getByRole('button', { name: 'Reset' })
		.isDisabled(), true);
	assert.deepEqual(await axe(page), []);
	await panel.getByText('web1 was stopped').waitFor();
	await panel.getByRole('button', { name: 'Start' }).waitFor();
	assert.equal(await panel.getByRole('button', { name: 'Stop' }).count(), 0);
});

test('a job that fails says the hypervisor\'s word, until put away',
	async () => {
		const page = await wall();

		s.mock.jobFails = 'VM is locked (backup)';
		await page.getByRole('button', { name: 'Start asleep' }).click();
		const failed = card(page, 'asleep').getByRole('alert');

		await failed.filter({ hasText: 'Start failed. VM is locked (backup)' })
			.waitFor();
		assert.deepEqual(await axe(page), []);
		await failed.getByRole('button', { name: 'Put this message away' })
			.click();
		await failed.waitFor({ state: 'detached' });
	});

test('snapshots are listed, and going back asks (R86)', async () => {
	const page = await wall();
	const panel = await menu(page, 'web1');

	await panel.getByRole('button', { name: 'Show snapshots' }).click();
	await panel.getByText('Debian 12.9 to 12.10').waitFor();
	assert.equal(await panel.getByText('RAM').count(), 1);
	assert.deepEqual(await axe(page), []);
	await panel.getByRole('button', { name: 'Go back to fresh' }).click();
	const dialog = page.getByRole('dialog',
		{ name: 'Go back to \u201cfresh\u201d with web1?' });

	await dialog.getByText('is lost').waitFor();
	assert.deepEqual(await axe(page), []);
	await dialog.getByRole('button', { name: 'Go back with web1' }).click();
	await page.locator('.notice', { hasText: 'went back to' }).waitFor();
	assert.deepEqual(s.mock.powered, ['restore fresh']);
});

test('a sandbox that is off is started, whatever each console lacks',
	async () => {
		s.mock.cluster();
		Object.assign(guest('asleep'), { type: 'sandbox', kinds: {
			vnc: { available: false, reason: 'It is not running.' },
			serial: { available: false, reason: 'It has a screen only.' },
		} });
		const page = await s.open();

		await page.getByRole('button', { name: 'Start asleep' }).waitFor();
		assert.equal(await card(page, 'asleep').locator('.kind').count(), 1);
	});

test('a sandbox that is paused is resumed; its menu has no snapshots',
	async () => {
		s.mock.cluster();
		Object.assign(guest('held'), { type: 'sandbox', snapshots: false });
		const page = await s.open();

		await page.getByRole('button', { name: 'Resume held' }).waitFor();
		await page.getByRole('button', { name: 'Power of held', exact: true })
			.waitFor();
		assert.equal(await card(page, 'held').locator('.kind').count(), 1);
	});

test('there is no button without the right to it', async () => {
	s.mock.cluster();
	Object.assign(guest('web1'), { power: [], snapshots: false });
	guest('web1').kinds.serial = undefined;
	Object.assign(guest('desk1'), { rights: [], power: [], snapshots: false });
	const page = await s.open();

	await page.locator('.card:not(.skeleton)').first().waitFor();
	assert.equal(await card(page, 'web1').locator('.card-menu').isVisible(),
		false);
	assert.equal(await card(page, 'desk1').locator('.kind').count(), 0);
	await card(page, 'desk1').getByText('may not open').waitFor();
	assert.deepEqual(await axe(page), []);
});

test('the kind used last comes first, unless another was set (R90)',
	async () => {
		s.mock.cluster();
		const page = await wall();

		await page.evaluate(() => {
			localStorage.setItem('glassbridge.kind.home/qemu/100',
				'{"last":"vnc"}');
		});
		await menu(page, 'web1');
		assert.deepEqual(await page.getByLabel('Console that comes first')
			.locator('option').allInnerTexts(),
		['The one used last', 'Screen', 'Terminal']);
		await page.getByLabel('Console that comes first')
			.selectOption('Screen');
		assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem(
			'glassbridge.kind.home/qemu/100')).always), 'vnc');
		await page.evaluate(() => localStorage.clear());
	});

test('a hidden page asks nothing, and asks at once when it is seen',
	async () => {
		const page = await wall();
		const look = (state) => page.evaluate((to) => {
			Object.defineProperty(document, 'visibilityState',
				{ configurable: true, get: () => to });
			document.dispatchEvent(new Event('visibilitychange'));
		}, state);

		await look('hidden');
		await page.waitForTimeout(300);
		const before = s.mock.asked.guests;

		await page.clock.install();
		await page.clock.runFor(60000);
		await page.waitForTimeout(300);
		assert.equal(s.mock.asked.guests, before);
		settle(Object.assign(guest('asleep'), { status: 'running' }));
		await look('visible');
		await card(page, 'asleep').getByText('running').waitFor();
		assert.equal(s.mock.asked.most, 1);
	});
