/*
 * A browser opens the link that the demo printed, then the tiny guest, and
 * sees its coloured screen: node tests/fresh/see.mjs LINK [SCREENSHOT]
 */
import { coloursOnScreen, launch, openGuest, openPage, waitForState } from
	'../browser/helpers.mjs';

const [link, screenshot] = process.argv.slice(2);
const ENOUGH = 6; /* booting is grey on black, the welcome has colours */
const browser = await launch();
const page = await openPage(browser.context, link);
const begin = Date.now();

await openGuest(page, 'tiny');
await waitForState(page, 'connected');
let colours = 0;

while (colours < ENOUGH && Date.now() - begin < 60000) {
	await page.waitForTimeout(100);
	colours = await coloursOnScreen(page);
}
if (screenshot)
	await page.screenshot({ path: screenshot });
await browser.close();
console.log(`fresh: ${colours} colours on the guest's screen after ` +
	`${((Date.now() - begin) / 1000).toFixed(1)} s`);
process.exitCode = colours < ENOUGH ? 1 : 0;
