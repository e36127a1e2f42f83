/*
 * What browser tests need, against the mock or a real gateway: a Chromium,
 * pages that report every error, waiting for console states, and axe.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { needed } from './packages.mjs';

const { chromium } = needed('playwright-core');
const axeSource = readFileSync(needed.resolve('axe-core/axe.min.js'), 'utf8');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
	'--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];

export const desk = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/* A Chromium with a profile of its own; close() ends it and removes that. */
export async function launch({ viewport = desk, scheme = 'light',
	reducedMotion = 'no-preference', touch = false } = {}) {
	const profile = mkdtempSync(path.join(tmpdir(), 'glassbridge-browser-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		headless: true, args: FLAGS, viewport, colorScheme: scheme,
		reducedMotion, hasTouch: touch, isMobile: touch,
		ignoreHTTPSErrors: true,
		/* axe must be let in; the policy is tested by itself */
		bypassCSP: false,
	});

	return {
		context,
		async close() {
			await context.close();
			rmSync(profile, { recursive: true, force: true });
		},
	};
}

/* A page that remembers errors, also those of the content policy. */
export async function openPage(context, url) {
	const page = await context.newPage();

	page.faults = [];
	page.on('pageerror', (e) => page.faults.push(String(e)));
	page.on('console', (m) => {
		if (m.type() === 'error' && /policy|refused to/i.test(m.text()))
			page.faults.push(m.text());
	});
	await page.goto(url);
	return page;
}

/* The first true answer of ready(): a slow machine may take its time. */
export async function until(ready, limit = 30000) {
	for (const by = Date.now() + limit; ;) {
		const answer = await ready();

		if (answer)
			return answer;
		if (Date.now() > by)
			throw new Error(`never: ${ready}`);
		await new Promise((done) => setTimeout(done, 25));
	}
}

/* get() answers this, sooner or later. */
export async function becomes(get, expected, limit = 30000) {
	await until(async () => isDeepStrictEqual(await get(), expected),
		limit).catch(() => undefined);
	assert.deepEqual(await get(), expected);
}

/* The element that has the focus matches a selector, soon. */
export async function focusIs(page, selector) {
	await page.waitForFunction((s) => document.activeElement.matches(s),
		selector);
}

export async function signIn(page, token) {
	await page.getByLabel('Access token').fill(token);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await page.locator('.card:not(.skeleton), .empty').first().waitFor();
}

export async function openGuest(page, name) {
	await page.getByRole('button', {
		name: `Open the screen of ${name}`, exact: true,
	}).click();
}

/* The shown console reaches a state: asking connecting connected lost ended */
export async function waitForState(page, state, timeout = 30000) {
	await page.locator(`.console-shown[data-state="${state}"]`)
		.waitFor({ timeout });
}

/* Colours on the picture: 1 is one flat colour, so nothing was drawn. */
export function coloursOnScreen(page) {
	return page.evaluate(() => {
		const canvas = document.querySelector(
			'.console-shown .screen canvas:not(.screen-still)');
		const { data } = canvas.getContext('2d').getImageData(0, 0,
			canvas.width, canvas.height);
		const seen = new Set();

		for (let i = 0; i < data.length && seen.size < 64; i += 4 * 97)
			seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
		return seen.size;
	});
}

/* The shown console's picture as the viewer holds it; rgb is base64. */
export function pictureOf(page) {
	return page.evaluate(() => {
		const canvas = document.querySelector(
			'.console-shown .screen canvas:not(.screen-still)');
		const { width, height } = canvas;
		const { data } = canvas.getContext('2d')
			.getImageData(0, 0, width, height);
		const rgb = new Uint8Array(width * height * 3);

		for (let i = 0, k = 0; i < data.length; i += 4)
			for (let c = 0; c < 3; c++)
				rgb[k++] = data[i + c];
		let text = '';

		for (let i = 0; i < rgb.length; i += 0x8000)
			text += String.fromCharCode(...rgb.subarray(i, i + 0x8000));
		return { width, height, rgb: btoa(text) };
	});
}

/* What axe finds, in one line each; [] is what every page must answer. */
export async function axe(page) {
	/* transitions end first: axe would measure half a colour */
	await page.waitForTimeout(350);
	await page.evaluate(axeSource);
	const found = await page.evaluate(() => window.axe.run(document, {
		resultTypes: ['violations'],
	}));

	return found.violations.flatMap((v) => v.nodes.map((n) =>
		`${v.id}: ${n.target.join(' ')}: ${n.failureSummary
			.replace(/\s+/g, ' ')}`));
}

/* Everything an observer of the network sees, in bytes on the wire. */
export async function countTransfer(page) {
	const cdp = await page.context().newCDPSession(page);
	let total = 0;

	await cdp.send('Network.enable');
	cdp.on('Network.loadingFinished', (e) => {
		total += e.encodedDataLength;
	});
	return () => total;
}
