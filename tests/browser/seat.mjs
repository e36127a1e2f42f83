/*
 * A person in Chromium before one console of the gateway, for tests in another
 * language: node tests/browser/seat.mjs LINK [GUEST]
 *
 * GUEST: where the link leads to all of them. It says "ready", then "done"
 * after each line that it has read:
 *	waits STATE	of the console
 *	reads REGEXP	in what is told before there is a picture, or after
 *	picture FILE	the console's picture, as PPM
 *	click		into its middle
 *	type TEXT
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { launch, openGuest, openPage, pictureOf, waitForState } from
	'./helpers.mjs';

const LONG_MS = 120000;
const [link, guest] = process.argv.slice(2);
const browser = await launch();
const page = await openPage(browser.context, link);

async function savePicture(file) {
	const { width, height, rgb } = await pictureOf(page);

	writeFileSync(file, Buffer.concat([
		Buffer.from(`P6\n${width} ${height}\n255\n`),
		Buffer.from(rgb, 'base64')]));
}

const verbs = {
	waits: (state) => waitForState(page, state, LONG_MS),
	reads: (words) => page.locator('.console-shown .overlay-card')
		.getByText(new RegExp(words)).first().waitFor({ timeout: LONG_MS }),
	picture: savePicture,
	click: () => page.locator('.console-shown .screen canvas').first()
		.click(),
	type: (text) => page.keyboard.type(text, { delay: 30 }),
};

if (guest) {
	await page.locator('.card:not(.skeleton)').first().waitFor();
	await openGuest(page, guest);
}
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
	const [verb] = line.split(' ', 1);

	await verbs[verb](line.slice(verb.length + 1));
	console.log('done');
}
await browser.close();
