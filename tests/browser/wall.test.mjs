import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, becomes, openGuest, signIn, waitForState } from
	'./helpers.mjs';
import { stage } from './stage.mjs';

const s = stage();

async function wall() {
	const page = await s.open();

	await page.locator('.card:not(.skeleton)').first().waitFor();
	return page;
}

test('who is not signed in is asked, told what was wrong, and let in',
	async () => {
		s.mock.signedIn = false;
		const page = await s.open();

		await page.getByLabel('Access token').waitFor();
		assert.deepEqual(await axe(page), []);
		await page.getByLabel('Access token').fill('wrong');
		await page.keyboard.press('Enter');
		await page.getByRole('alert').filter({ hasText: 'not known' })
			.waitFor();
		assert.deepEqual(await axe(page), []);
		await signIn(page, 'let-me-in');
		assert.equal(await page.locator('.card').count(), 12);
		assert.deepEqual(page.faults, []);
	});

test('a one-time link signs in and leaves no code behind', async () => {
	s.mock.signedIn = false;
	const page = await s.open('#t=once');

	await page.locator('.card:not(.skeleton)').first().waitFor();
	assert.equal(new URL(page.url()).hash, '');
	assert.equal(s.mock.links.size, 0);
});

test('a used link says so and offers the token', async () => {
	s.mock.signedIn = false;
	const page = await s.open('#t=used');

	await page.getByRole('alert').filter({ hasText: 'used' }).waitFor();
	assert.equal(new URL(page.url()).hash, '');
	assert.deepEqual(await axe(page), []);
});

test('the wall has no finding in either colours', async () => {
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

test('slash searches, Enter opens the first that matches', async () => {
	const page = await wall();

	await page.keyboard.press('/');
	await page.keyboard.type('mail pve3');
	assert.equal(await page.locator('.card').count(), 1);
	await page.keyboard.press('Enter');
	await waitForState(page, 'connected');
	assert.equal(await page.locator('.tab-name').innerText(), 'mail');
});

test('states filter, and no match has a way out', async () => {
	const page = await wall();

	await page.getByRole('button', { name: /^stopped/i }).click();
	assert.equal(await page.locator('.card').count(), 1);
	await page.keyboard.press('/');
	await page.keyboard.type('nothing like this');
	await page.getByText('No guest matches').waitFor();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Show all' }).click();
	assert.equal(await page.locator('.card').count(), 12);
});

test('a missing console kind tells the reason on demand', async () => {
	const page = await wall();

	await page.getByRole('button', { name: /^Terminal of db/ }).focus();
	await page.keyboard.press('Enter');
	await page.getByText('The guest has no serial port.').first().waitFor();
	assert.deepEqual(await axe(page), []);
});

test('the keyboard walks over the cards', async () => {
	const page = await wall();

	await page.keyboard.press('/');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('ArrowRight');
	const label = await page.evaluate(() =>
		document.activeElement.getAttribute('aria-label'));

	assert.equal(label, 'Open the screen of db');
	await page.keyboard.press('ArrowUp');
	assert.equal(await page.evaluate(() => document.activeElement.type),
		'search');
});

test('a wall without guests teaches how to add a hypervisor', async () => {
	s.mock.guests = [];
	const page = await s.open();

	await page.getByText('No guests yet').waitFor();
	await page.getByText('glassbridge config reload').waitFor();
	assert.deepEqual(await axe(page), []);
});

test('a hypervisor that is away is named, the others are shown', async () => {
	s.mock.errors = [{ profile: 'boxes', detail: 'no answer within 3 s' }];
	const page = await wall();

	await page.getByText('is missing from this list: no answer').waitFor();
	assert.equal(await page.locator('.card').count(), 12);
	assert.deepEqual(await axe(page), []);
});

test('two hundred guests are drawn and searched at once', async (t) => {
	const { makeGuests } = await import('./mock.mjs');

	s.mock.guests = makeGuests(200);
	const page = await wall();

	assert.equal(await page.locator('.card').count(), 200);
	const ms = await page.evaluate(() => {
		const field = document.querySelector('.search-field');
		const start = performance.now();

		for (const words of ['w', 'we', 'web', 'web-1', '']) {
			field.value = words;
			field.dispatchEvent(new Event('input'));
			document.body.getBoundingClientRect();
		}
		return (performance.now() - start) / 5;
	});

	t.diagnostic(`${ms} ms a keystroke`);
	assert.ok(ms < 1500, `${ms} ms a keystroke`);
	assert.deepEqual(await axe(page), []);
});

test('a gateway that goes is told and comes back by itself', async () => {
	const page = await wall();

	s.mock.cut();
	await page.evaluate(() => dispatchEvent(new Event('online')));
	await page.getByText('does not answer').waitFor();
	assert.equal(await page.locator('.card').count(), 12);
	s.mock.mend();
	await page.getByText('does not answer').waitFor({ state: 'hidden' });
	assert.equal(s.mock.asked.most, 1);
});

test('consoles live in tabs; keys switch and close them', async () => {
	const page = await wall();

	for (const name of ['web', 'db', 'mail']) {
		await openGuest(page, name);
		await waitForState(page, 'connected');
		await page.getByRole('button', { name: 'Guests' }).click();
	}
	assert.equal(s.mock.live.size, 3);
	assert.equal(await page.locator('.tab').count(), 3);
	await page.locator('.tab').first().focus();
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	assert.equal(await page.locator('.tab[aria-current] .tab-name')
		.innerText(), 'db');
	assert.deepEqual(await axe(page), []);
	await page.goBack();
	await page.locator('.wall').waitFor();
	await page.locator('.tab').first().focus();
	await page.keyboard.press('Delete');
	assert.equal(await page.locator('.tab').count(), 2);
	await becomes(() => s.mock.live.size, 2);
});

test('open consoles are listed, and ending one asks twice', async () => {
	const page = await wall();

	await openGuest(page, 'web');
	await waitForState(page, 'connected');
	await page.getByRole('button', { name: 'Consoles', exact: true })
		.click();
	await page.getByRole('rowheader', { name: 'home/100' }).waitFor();
	assert.deepEqual(await axe(page), []);
	const end = page.getByRole('button', { name: /End the console/ });

	await end.click();
	assert.equal(s.mock.live.size, 1);
	await end.click();
	await page.getByText('No console is open').waitFor();
	await page.locator('.tab').click();
	await waitForState(page, 'ended');
	await page.getByText('killed').waitFor();
});

test('who cannot be signed out is told so, and keeps the tabs', async () => {
	const page = await wall();

	await openGuest(page, 'kiosk');
	await waitForState(page, 'connected');
	s.mock.cut();
	await page.getByRole('button', { name: /^Signed in as/ }).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByText('You are still signed in').waitFor();
	assert.equal(await page.locator('.tab').count(), 1);
	assert.match(await page.evaluate(() => sessionStorage.getItem(
		'glassbridge.tabs')), /kiosk|105/);
});

test('what a hypervisor calls its guests is words and no more', async () => {
	const evil = '<img src=x onerror="document.title=1">';

	s.mock.guests = s.mock.guests.slice(0, 3);
	Object.assign(s.mock.guests[0], {
		name: evil + 'a'.repeat(5000), type: 'constructor',
		tags: [evil, '__proto__', 'a'.repeat(3000)], node: evil,
		marks: { os: 'constructor', cpu: 1e9, memory: -1, memory_max: 1 },
	});
	s.mock.guests[1].name = '\u202eevil\u202e gnp.exe';
	s.mock.guests[2].tags = Array.from({ length: 2000 }, (_, i) => `t${i}`);
	s.mock.tagStyles = { [evil]: { background: 'url(//evil)', color: 'red' } };
	const page = await s.open();
	const cards = page.locator('.card:not(.skeleton)');

	await cards.nth(2).waitFor();
	assert.equal(await page.locator('.card img').count(), 0);
	assert.equal(await page.title(), 'Glassbridge');
	assert.match(await cards.first().innerText(), /constructor on </i);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <=
		innerWidth), 'nothing sticks out');
	for (const card of await cards.all()) {
		const { height } = await card.boundingBox();

		assert.ok(height < 500, `a card of ${height} dots`);
	}
	assert.deepEqual(page.faults, []);
});

test('tabs come back after a reload', async () => {
	const page = await wall();

	await openGuest(page, 'web');
	await waitForState(page, 'connected');
	await page.reload();
	await waitForState(page, 'connected');
	assert.equal(await page.locator('.tab').count(), 1);
});
