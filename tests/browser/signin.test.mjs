/* Signing in as an account of a cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, signIn, until } from './helpers.mjs';
import { stage } from './stage.mjs';

const s = stage();

async function door() {
	s.mock.cluster();
	s.mock.signedIn = false;
	const page = await s.open();

	await page.getByLabel('User name').waitFor();
	return page;
}

async function give(page, user, password) {
	await page.getByLabel('User name').fill(user);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.keyboard.press('Enter');
}

async function inside(page) {
	await page.locator('.card:not(.skeleton)').first().waitFor();
}

test('an account of the cluster signs in, with keys alone', async () => {
	const page = await door();

	assert.deepEqual(await axe(page), []);
	assert.equal(await page.getByLabel('Realm').evaluate((e) =>
		e.selectedOptions[0].textContent),
	'pve \u2013 Proxmox VE authentication server');
	assert.equal(await page.evaluate(() => document.activeElement.name),
		'username');
	await page.keyboard.type('anna');
	await page.keyboard.press('Tab');
	await page.keyboard.type('right');
	await page.keyboard.press('Enter');
	await inside(page);
	assert.equal(s.mock.name, 'anna@pve');
	assert.deepEqual(page.faults, []);
});

test('password managers find what they look for', async () => {
	const page = await door();
	const fields = await page.evaluate(() => [...document.querySelectorAll(
		'.signin-realm input')].map((e) => `${e.type} ${e.autocomplete}`));

	assert.deepEqual(fields,
		['text username', 'password current-password']);
	await give(page, 'tom', 'right');
	await page.getByLabel('Code of your app').waitFor();
	assert.deepEqual(await page.evaluate(() => {
		const field = document.activeElement;

		return [field.autocomplete, field.inputMode];
	}), ['one-time-code', 'numeric']);
});

test('a second factor is asked for, by app or by recovery code',
	async () => {
		const page = await door();

		await give(page, 'tom', 'right');
		await page.getByText('tom@pve').waitFor();
		assert.deepEqual(await axe(page), []);
		await page.keyboard.type('000000');
		await page.keyboard.press('Enter');
		await page.getByRole('alert').filter({
			hasText: 'That code was not accepted',
		}).waitFor();
		assert.deepEqual(await axe(page), []);
		await page.getByRole('button', { name: /recovery code instead/ })
			.click();
		await page.getByLabel('Recovery code').fill('0a1b-2c3d-4e5f-6071');
		await page.keyboard.press('Enter');
		await inside(page);
		assert.equal(s.mock.name, 'tom@pve');
	});

test('what is secret is hidden when it is sent, and then forgotten',
	async () => {
		const page = await door();
		const password = page.getByLabel('Password', { exact: true });
		const eye = page.getByRole('button', { name: 'Show the password' });

		await eye.click();
		assert.equal(await password.getAttribute('type'), 'text');
		await give(page, 'tom', 'wrong');
		await page.getByRole('alert').waitFor();
		assert.equal(await password.getAttribute('type'), 'password');
		assert.equal(await eye.getAttribute('aria-pressed'), 'false');
		await page.evaluate(() => {
			window.field = document.querySelector('[name="password"]');
		});
		await give(page, 'tom', 'right');
		await page.getByLabel('Code of your app').waitFor();
		assert.equal(await page.evaluate(() => window.field.value), '');
	});

test('who stays at a door without a cluster asks less and less', async () => {
	s.mock.cluster();
	s.mock.realms = [];
	s.mock.signedIn = false;
	let asked = 0;

	await s.context.route('**/api/v1/login', (route) => {
		asked++;
		void route.continue();
	});
	const page = await s.open();
	const now = page.getByRole('button', { name: 'Ask now' });

	await now.waitFor();
	for (let i = 0; i < 5; i++)
		await now.click();
	await until(() => asked >= 6);
	const by = asked;

	assert.equal(by, 6);
	await page.waitForTimeout(5000); /* one look, not one for each press */
	assert.ok(asked - by <= 2, `asked ${asked - by} times more`);
	await s.context.unroute('**/api/v1/login');
});

test('a challenge that lapsed asks for the password again', async () => {
	const page = await door();

	await give(page, 'tom', 'right');
	await page.getByLabel('Code of your app').fill('123456');
	s.mock.challenges.clear();
	await page.keyboard.press('Enter');
	await page.getByRole('alert').waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.name),
		'password');
});

test('an account whose factor cannot be given here is told so', async () => {
	const page = await door();

	await give(page, 'key', 'right');
	await page.getByText('security key').waitFor();
	await page.getByRole('button', { name: 'Back' }).click();
	await page.getByLabel('User name').waitFor();
});

test('wrong, locked out and unreachable are three different things',
	async () => {
		const page = await door();
		const alert = page.getByRole('alert');

		await give(page, 'anna', 'wrong');
		await alert.filter({ hasText: 'User name or password is wrong' })
			.waitFor();
		assert.equal(await page.evaluate(() =>
			document.activeElement.name), 'password');
		s.mock.signInProblem = 'limit';
		await page.keyboard.press('Enter');
		await alert.filter({ hasText: 'Wait a minute' }).waitFor();
		s.mock.signInProblem = 'hypervisor_unreachable';
		await page.keyboard.press('Enter');
		await alert.filter({ hasText: 'was not checked' }).waitFor();
		assert.deepEqual(await axe(page), []);
		s.mock.signInProblem = '';
		await give(page, 'anna', 'right');
		await inside(page);
	});

test('user and realm are remembered, the password is not', async () => {
	let page = await door();

	await give(page, 'tom@pve', 'right');
	await page.getByLabel('Code of your app').fill('123456');
	await page.keyboard.press('Enter');
	await inside(page);
	const kept = await page.evaluate(() => JSON.stringify(localStorage));

	assert.ok(kept.includes('tom'));
	assert.equal(kept.includes('right'), false);
	s.mock.signedIn = false;
	page = await s.open();
	await page.getByLabel('User name').waitFor();
	assert.equal(await page.getByLabel('User name').inputValue(), 'tom');
	assert.equal(await page.evaluate(() => document.activeElement.name),
		'password');
	await page.evaluate(() => localStorage.clear());
});

test('a token still signs in, folded below the account', async () => {
	const page = await door();

	await page.getByText('Other ways to sign in').click();
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Access token').fill('let-me-in');
	await page.keyboard.press('Enter');
	await inside(page);
});

test('clusters are groups, and one that comes back is offered', async () => {
	s.mock.cluster();
	s.mock.signedIn = false;
	s.mock.realms = [];
	const page = await s.open();

	await page.getByText('No cluster answers now').waitFor();
	assert.deepEqual(await axe(page), []);
	s.mock.cluster();
	s.mock.realms = [...s.mock.realms, { profile: 'attic', realm: 'pam',
		comment: null, default: true }];
	await page.getByRole('button', { name: 'Ask now' }).click();
	await page.getByLabel('Cluster and realm').waitFor();
	assert.equal(await page.locator('optgroup').count(), 2);
	assert.deepEqual(await axe(page), []);
});

test('where no cluster is, the token stands first as ever', async () => {
	s.mock.signedIn = false;
	const page = await s.open();

	await signIn(page, 'let-me-in');
});
