/* A mock and a browser for the tests of one file, gone when they are over. */
import { after, before, beforeEach } from 'node:test';
import { launch, openPage } from './helpers.mjs';
import { Mock } from './mock.mjs';

export function stage(mockOptions = {}, browserOptions = {}) {
	const s = { mock: null, context: null, page: null };
	let browser;

	before(async () => {
		browser = await launch(browserOptions);
		s.context = browser.context;
	});
	beforeEach(async () => {
		for (const page of s.context.pages())
			await page.close();
		await s.context.clearCookies();
		await s.mock?.close();
		s.mock = new Mock(mockOptions);
		await s.mock.listen();
	});
	after(async () => {
		await browser.close();
		await s.mock?.close();
	});
	s.open = async (path = '') => {
		s.page = await openPage(s.context, s.mock.base + path);
		return s.page;
	};
	return s;
}
