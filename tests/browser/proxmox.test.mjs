/*
 * The page, the program and a cluster: consoles follow their guests through
 * restarts, moves and the end of a node (R84); power and snapshots do what
 * they say (R32, R86).
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { axe, coloursOnScreen, launch, openGuest, openPage, waitForState }
	from './helpers.mjs';
import { Cluster, Gateway } from './real.mjs';

const s = { cluster: new Cluster(), gateway: new Gateway() };

before(async () => {
	await s.cluster.start();
	await s.gateway.start(s.cluster.profile('home', 'ops@pve'));
	s.browser = await launch();
	s.page = await openPage(s.browser.context, s.gateway.link);
	await s.page.locator('.card:not(.skeleton)').first().waitFor();
	await s.page.evaluate(() => {
		window.stillTheSame = true;
	});
	for (const id of [100, 110])
		await s.cluster.control('POST', `/guests/${id}/machine`);
});

after(async () => {
	await s.browser?.close();
	await s.gateway.stop();
	await s.cluster.stop();
});

function bar() {
	return s.page.locator('.console-shown .bar');
}

function card(name) {
	return s.page.locator('.card').filter({
		has: s.page.getByRole('heading', { name, exact: true }),
	}).first();
}

async function wall() {
	await s.page.getByRole('button', { name: 'Guests', exact: true }).click();
}

async function opened(name) {
	await wall();
	await openGuest(s.page, name);
	await waitForState(s.page, 'connected', 30000);
}

async function drawn() {
	await s.page.waitForFunction(() => {
		const canvas = document.querySelector(
			'.console-shown .screen canvas:not(.screen-still)');

		return canvas && canvas.width > 100;
	});
	for (let i = 0; i < 300 && await coloursOnScreen(s.page) < 2; i++)
		await s.page.waitForTimeout(100);
	return coloursOnScreen(s.page);
}

async function menu(name) {
	await bar().getByRole('button', {
		name: `Power and snapshots of ${name}`, exact: true,
	}).click();
	return s.page.locator('.panel-guest:not([hidden])');
}

test('the wall shows the cluster', async () => {
	await card('web1').getByText('VM on pve1').waitFor();
	assert.equal(await card('web1').getByRole('meter').count(), 2);
	await card('golden').getByText('template').waitFor();
	await s.page.getByRole('region', { name: 'home: nodes' }).waitFor();
	assert.deepEqual(await axe(s.page), []);
	assert.deepEqual(s.page.faults, []);
});

test('a machine that moves is followed, in the same tab', async (t) => {
	await opened('web1');
	await bar().getByText('on pve1').waitFor();
	assert.ok(await drawn() > 1);
	await s.cluster.control('POST', '/guests/100/migrate', { node: 'pve2' });
	const begin = Date.now();

	await s.page.getByText('web1 moved to pve2').waitFor();
	await bar().getByText('on pve2').waitFor();
	await waitForState(s.page, 'connected');
	const took = Date.now() - begin;

	t.diagnostic(`from the new node after ${took} ms`);
	assert.ok(await drawn() > 1);
	assert.equal(await s.page.locator('.tab').count(), 1);
	assert.equal(await s.page.evaluate(() => window.stillTheSame), true);
});

test('a container that reboots comes back, and the page says so',
	async () => {
		await opened('ct1');
		await bar().getByText('on pve1').waitFor();
		const panel = await menu('ct1');

		await panel.getByRole('button', { name: 'Reboot' }).click();
		await s.page.getByRole('button', { name: 'Reboot ct1' }).click();
		await panel.getByText('UPID:pve1:').waitFor();
		await panel.getByText('ct1 was rebooted').waitFor();
		await s.page.keyboard.press('Escape');
		await waitForState(s.page, 'connected', 30000);
	});

test('a machine is stopped and started from the page', async () => {
	await wall();
	await card('desk2').getByRole('button', {
		name: 'Power and snapshots of desk2',
	}).click();
	const panel = s.page.locator('.panel-guest:not([hidden])');

	await panel.getByRole('button', { name: 'Stop' }).click();
	await s.page.getByRole('button', { name: 'Stop desk2' }).click();
	await panel.getByText('UPID:pve2:').waitFor();
	await card('desk2').getByText('stopped').waitFor();
	await s.page.keyboard.press('Escape');
	await s.page.getByRole('button', { name: 'Start desk2' }).click();
	await card('desk2').getByText('running').waitFor();
});

test('what the hypervisor refuses is told in its words', async () => {
	await wall();
	await s.page.getByRole('button', { name: 'Start locked' }).click();
	await card('locked').getByRole('alert').filter({ hasText: 'lock' })
		.waitFor();
	assert.deepEqual(await axe(s.page), []);
});

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/* The six digits of an authenticator's app. */
function totp(secret) {
	const bits = [...secret].map((c) => BASE32.indexOf(c).toString(2)
		.padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const step = Buffer.alloc(8);

	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const mac = createHmac('sha1', key).update(step).digest();

	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000)
		.padStart(6, '0');
}

/* Somebody else, in a browser of their own. */
async function person(t, user, password) {
	const browser = await launch();
	const page = await openPage(browser.context, s.gateway.base);

	t.after(() => browser.close());
	await page.getByLabel('User name').fill(user);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.keyboard.press('Enter');
	return page;
}

async function inside(page) {
	await page.locator('.card:not(.skeleton)').first().waitFor();
}

test('an account signs in with its second factor', async (t) => {
	const page = await person(t, 'tfa@pve', 'wrong');

	await page.getByRole('alert').filter({ hasText: 'is wrong' }).waitFor();
	await page.getByLabel('Password', { exact: true }).fill('tfa');
	await page.keyboard.press('Enter');
	await page.getByLabel('Code of your app').fill('000000');
	await page.keyboard.press('Enter');
	await page.getByRole('alert').filter({ hasText: 'not accepted' })
		.waitFor();
	await page.getByLabel('Code of your app')
		.fill(totp(s.cluster.facts.totp_secret));
	await page.keyboard.press('Enter');
	await inside(page);
	assert.deepEqual(page.faults, []);
});

test('who may only look at the list has no buttons', async (t) => {
	const page = await person(t, 'viewer@pve', 'viewer');

	await inside(page);
	assert.ok(await page.locator('.card').count() > 5);
	assert.equal(await page.locator('.kind').count(), 0);
	assert.equal(await page.locator('.card-menu:visible').count(), 0);
	assert.deepEqual(await axe(page), []);
});

test('a container without the right to power has its console alone',
	async (t) => {
		const page = await person(t, 'one@pve', 'one');

		await inside(page);
		await page.getByRole('button', { name: 'Open the terminal of ct3' })
			.waitFor();
		assert.equal(await page.getByRole('button', {
			name: 'Power and snapshots of ct3',
		}).count(), 0);
		await page.getByRole('button', {
			name: 'Power and snapshots of web1',
		}).waitFor();
	});

test('a node that dies takes only its own guests along', async (t) => {
	await opened('web2');
	assert.ok(await drawn() > 1);
	await s.page.evaluate(() => {
		const root = document.querySelector('.console-shown');

		window.states = []; /* of the console, when they are set */
		new MutationObserver(() => {
			window.states.push(root.dataset.state);
		}).observe(root, { attributeFilter: ['data-state'] });
	});
	await s.cluster.control('POST', '/nodes/pve1/kill');
	await s.page.waitForTimeout(2000);
	await waitForState(s.page, 'connected');
	/* its way led over its own node: it was never gone */
	assert.deepEqual(await s.page.evaluate(() => window.states.filter(
		(state) => state !== 'connected')), []);
	assert.ok(await drawn() > 1);
	await wall();
	const clicked = Date.now();

	await s.page.getByRole('button', {
		name: 'Open the screen of ct3', exact: true,
	}).click();
	await waitForState(s.page, 'connected');
	t.diagnostic(`a new console after ${Date.now() - clicked} ms`);
});
