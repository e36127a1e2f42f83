import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, becomes, focusIs, until, waitForState } from './helpers.mjs';
import { stage } from './stage.mjs';

const s = stage();
const GUEST = 'console/home%2F100?kind=serial';

async function says(page, words) {
	await page.waitForFunction((w) => [...document.querySelectorAll(
		'.console-shown .xterm-rows > div')].some((row) =>
		row.textContent.replaceAll('\u00a0', ' ').includes(w)), words,
	{ timeout: 30000 });
}

async function connected(path = GUEST) {
	const page = await s.open(path);

	await waitForState(page, 'connected');
	await says(page, '#');
	return page;
}

function shell() {
	return s.mock.screens()[0];
}

/* A paste as the browser makes one, by whichever key or menu. */
async function paste(page, text) {
	await page.evaluate((t) => {
		const clipboardData = new DataTransfer();

		clipboardData.setData('text/plain', t);
		document.querySelector('.console-shown .xterm-helper-textarea')
			.dispatchEvent(new ClipboardEvent('paste', {
				clipboardData, bubbles: true, cancelable: true,
			}));
	}, text);
}

test('a terminal types and shows, under the strict policy', async () => {
	const page = await connected();

	await page.keyboard.type('echo gl\u00fcck\n');
	await says(page, 'gl\u00fcck');
	shell().send('\x1b[38;2;200;90;10mtrue colour\x1b[0m ' +
		'\x1b[48;5;22m\x1b[97mon green\x1b[0m\r\n');
	await says(page, 'true colour');
	assert.match(shell().typed, /^echo gl\u00c3\u00bcck\r$/);
	const colour = await page.evaluate(() => getComputedStyle(
		[...document.querySelectorAll('.xterm-rows span')].find((e) =>
			e.textContent.startsWith('true'))).color);

	assert.notEqual(colour, await page.evaluate(() => getComputedStyle(
		document.querySelector('.xterm-rows')).color));
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		assert.deepEqual(await axe(page), []);
	}
	assert.deepEqual(page.faults, []);
});

test('the guest is told the size, at once and when it changes', async () => {
	const page = await connected();

	await until(() => shell().sizes.length > 0);
	assert.equal(shell().sizes.length, 1);
	const [[cols, rows]] = shell().sizes;

	assert.ok(cols > 100 && rows > 30);
	await page.keyboard.type('stty size\n');
	await says(page, `${rows} ${cols}`);
	for (const width of [1200, 1100, 1000, 900])
		await page.setViewportSize({ width, height: 600 });
	await until(() => shell().sizes.at(-1)[0] < cols * 0.7);
	assert.ok(shell().sizes.length <= 5, `${shell().sizes.length}`);
	await page.setViewportSize({ width: 1440, height: 900 });
});

test('the text size is remembered, for every terminal', async () => {
	const page = await connected();

	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Text size').fill('22');
	await until(() => shell().sizes.at(-1)[0] < shell().sizes[0][0] * 0.8);
	await page.goto(s.mock.base + 'console/home%2F102?kind=serial');
	await waitForState(page, 'connected');
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	assert.equal(await page.getByLabel('Text size').inputValue(), '22');
	await page.getByLabel('Text size').fill('14');
});

test('what was said is searched, upwards and down again', async () => {
	const page = await connected();

	await page.keyboard.type('seq 300\n');
	await says(page, 'line 300');
	await page.keyboard.press('Control+Shift+F');
	await page.keyboard.type('LINE 17');
	await page.getByText('11 of 11').waitFor();
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Enter');
	await page.getByText('10 of 11').waitFor();
	await page.keyboard.press('Shift+Enter');
	await page.getByText('11 of 11').waitFor();
	await page.getByRole('button', { name: 'Previous match' }).click();
	await page.getByText('10 of 11').waitFor();
	await page.getByRole('button', { name: 'Match case' }).click();
	await page.getByText('No match').waitFor();
	await page.getByLabel('Find in the terminal').press('Escape');
	await page.locator('.find').waitFor({ state: 'hidden' });
	await page.keyboard.type('x');
	await until(() => shell().typed.endsWith('x'));
	assert.ok(!shell().typed.includes('LINE'));
});

test('a small paste goes at once, cleaned; a large one asks', async () => {
	const page = await connected();

	await paste(page, 'echo a\x1b[201~\x03b\nstty size\n');
	await says(page, 'echo a[201~b');
	await becomes(() => shell().typed, 'echo a[201~b\rstty size\r');
	await paste(page, 'one\ntwo\nthree\nfour\nfive\n');
	await page.getByRole('alertdialog').waitFor();
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Escape');
	await page.waitForTimeout(100);
	assert.ok(!shell().typed.includes('one'));
	await paste(page, 'y'.repeat(200000));
	await page.getByRole('button', { name: 'Paste', exact: true }).click();
	await page.waitForFunction(() => !document.querySelector('.question'));
	await until(() => shell().typed.length >= 200000);
	assert.equal(shell().typed.slice(-200000), 'y'.repeat(200000));
});

test('what is selected is copied', async () => {
	await s.context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const page = await connected();

	await page.keyboard.type('echo treasure\n');
	await says(page, 'treasure');
	const box = await page.locator('.xterm-rows > div')
		.filter({ hasText: /^treasure/ }).boundingBox();

	await page.mouse.dblclick(box.x + 20, box.y + 8);
	await page.keyboard.press('Control+Shift+C');
	await page.getByText('Selection copied').waitFor();
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()),
		'treasure');
});

test('brackets surround a paste where the guest asks for them', async () => {
	const page = await connected();

	shell().send('\x1b[?2004hit asks');
	await says(page, 'it asks');
	await paste(page, 'a\nb\nc\nd\ne\nf');
	await becomes(() => shell().typed, '\x1b[200~a\rb\rc\rd\re\rf\x1b[201~');
});

test('a hostile guest makes the terminal type only three harmless answers',
	async () => {
		const page = await connected();
		const title = await page.title();

		/* titles, clipboard, settings, colours, versions, sizes, focus */
		shell().send('\x1b]0;evil\x07\x1b]2;evil\x07\x1b[21t\x1b[18t' +
			'\x1b[14t\x1b]52;c;ZXZpbA==\x07\x1b]52;c;?\x07\x1bP$qm\x1b\\' +
			'\x1bP+q544e\x1b\\\x1b]4;1;?\x07\x1b]10;?\x07\x1b]11;?\x07' +
			'\x1b]12;?\x07\x1b[>c\x1b[=c\x1b[>q\x1b[?6n\x1b[?996n' +
			'\x1b[?2004$p\x1b[4$p\x1b[?1004h\x05all of it');
		await says(page, 'all of it');
		assert.equal(shell().typed, '');
		shell().send('\x1b[c\x1b[5n\x1b[3;7H\x1b[6n');
		await becomes(() => shell().typed, '\x1b[?1;2c\x1b[0n\x1b[3;7R');
		shell().typed = '';
		shell().send(`${'\x1b[6n'.repeat(5000)}so much`);
		await says(page, 'so much');
		assert.ok(shell().typed.length < 60 * 6, `${shell().typed.length}`);
		assert.equal(await page.title(), title);
		assert.equal(await page.getByText('evil').count(), 0);
	});

test('a link of the guest is shown, never opened', async () => {
	const page = await connected();

	shell().send('\r\n\x1b]8;;https://evil.example/\x07a friendly name' +
		'\x1b]8;;\x07\r\n');
	await says(page, 'a friendly name');
	const box = await page.getByText('a friendly name').boundingBox();

	await page.mouse.move(box.x + 20, box.y + 8);
	await page.mouse.move(box.x + 24, box.y + 8);
	await page.mouse.click(box.x + 24, box.y + 8);
	await page.getByText('https://evil.example/').waitFor();
	assert.equal(s.context.pages().length, 1);
	await page.getByRole('button', { name: 'Cancel' }).click();
});

test('who may only look types nothing, and no size is told', async () => {
	s.mock.rights = ['view'];
	const page = await connected();

	await page.getByText('View only').first().waitFor();
	await page.locator('.xterm-screen').click();
	await page.keyboard.type('echo no\n');
	await paste(page, 'echo no');
	shell().send('\x1b[c\x1b[6nno answer');
	await says(page, 'no answer');
	assert.equal(shell().typed, '');
	assert.deepEqual(shell().sizes, []);
	assert.ok(await page.getByRole('button', { name: 'Keys' }).isDisabled());
	assert.deepEqual(await axe(page), []);
});

test('a broken network: the lines stay, and it goes on below them',
	async () => {
		const page = await connected();

		await page.keyboard.type('echo before\n');
		await says(page, 'before');
		s.mock.cut();
		await waitForState(page, 'lost');
		assert.deepEqual(await axe(page), []);
		s.mock.mend();
		await waitForState(page, 'connected', 3000);
		await says(page, 'reconnected');
		await says(page, 'before');
		await page.keyboard.type('echo after\n');
		await says(page, 'after');
		assert.equal(s.mock.asked.resumes, 1);
	});

test('the end is told with its word, and what was said can be read',
	async () => {
		const page = await connected();

		await page.keyboard.type('echo last words\n');
		await says(page, 'last words');
		s.mock.endAll(4403, 'killed: anna@pve ended this console.');
		await waitForState(page, 'ended');
		await page.getByText('killed', { exact: true }).waitFor();
		await says(page, 'last words');
		assert.deepEqual(await axe(page), []);
	});

test('a terminal that is not reached yet is not called connected',
	async () => {
		s.mock.hold = true;
		const page = await s.open(GUEST);

		await waitForState(page, 'connecting');
		await page.waitForTimeout(1200);
		await waitForState(page, 'connecting');
	});

test('screen readers can read along', async () => {
	const page = await connected();

	await page.getByRole('button', { name: 'Display', exact: true }).click();
	await page.getByLabel('For screen readers').check();
	await page.keyboard.press('Escape');
	await page.locator('.xterm-screen').click();
	await page.keyboard.type('echo aloud\n');
	await page.locator('.xterm-accessibility [role=listitem]')
		.filter({ hasText: 'aloud' }).first().waitFor();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Display', exact: true }).click();
	await page.getByLabel('For screen readers').uncheck();
});

test('keys that a browser keeps are sent from the panel', async () => {
	const page = await connected();

	await page.getByRole('button', { name: 'Keys' }).click();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Ctrl+W', exact: true }).click();
	await page.getByRole('button', { name: 'Keys' }).click();
	await page.getByRole('button', { name: 'Up', exact: true }).click();
	shell().send('\x1b[?1hother keys');
	await says(page, 'other keys');
	await page.getByRole('button', { name: 'Up', exact: true }).click();
	await becomes(() => shell().typed, '\x17\x1b[A\x1bOA');
});

test('the chord brings the focus to the toolbar', async () => {
	const page = await connected();

	for (const key of ['Control', 'Alt', 'Shift'])
		await page.keyboard.down(key);
	for (const key of ['Shift', 'Alt', 'Control'])
		await page.keyboard.up(key);
	await focusIs(page, '.bar *');
});

test('one click switches the kind, and the guest\u2019s kind is remembered',
	async () => {
		const page = await connected();

		await page.getByRole('button', { name: 'Screen', exact: true })
			.click();
		await page.locator('.screen canvas').waitFor();
		await waitForState(page, 'connected');
		assert.equal(new URL(page.url()).searchParams.get('kind'), 'vnc');
		assert.equal(await page.locator('.term').count(), 0);
		assert.equal(s.mock.live.size, 1);
		await page.goto(s.mock.base + 'console/home%2F100');
		await waitForState(page, 'connected');
		await page.locator('.screen canvas').waitFor();
		await page.getByRole('button', { name: 'Terminal', exact: true })
			.click();
		await says(page, '#');
		await page.getByRole('button', { name: /^SPICE: / })
			.press('Enter');
		await page.getByText('The display is not qxl').waitFor();
		assert.deepEqual(page.faults, []);
	});

test('a container opens as a terminal where nobody says', async () => {
	const page = await connected('console/home%2F102');

	assert.equal(await page.locator('.term').count(), 1);
});

test('a guest that floods is drawn, and the page stays alive', async (t) => {
	const page = await connected();
	const piece = `${'flood '.repeat(20)}\r\n`.repeat(500);
	const begin = Date.now();

	for (let i = 0; i < 120; i++)
		shell().send(piece); /* 7 MB */
	shell().send('\r\nthe end of it\r\n');
	await says(page, 'the end of it');
	t.diagnostic(`7 MB drawn in ${Date.now() - begin} ms`);
	await waitForState(page, 'connected');
});

test('a few bytes of a guest cannot keep the page busy', async (t) => {
	const page = await connected();
	const hostile = {
		'the last character': 'a\x1b[900000000b',
		...Object.fromEntries([...'LMSTIZ@PX'].map((final) =>
			[`CSI ${final}`, `\x1b[2147483647${final}`])),
		'lines without end': '\x1b[24L\x1b[24M\x1b[24T'.repeat(3000),
		accents: `e${'\u0301'.repeat(300000)}`,
	};

	for (const [name, bytes] of Object.entries(hostile)) {
		const began = performance.now();

		shell().send(`\x1bc${bytes}\x1b[2J\x1b[Hafter ${name}`);
		await says(page, `after ${name}`);
		const ms = Math.round(performance.now() - began);

		t.diagnostic(`${name}: ${ms} ms`);
		assert.ok(ms < 20000, `${name}: ${ms} ms`);
	}
	shell().send('\x1bce\u0301\u0302 x\x1b[3bz');
	await says(page, 'e\u0301\u0302 xxxxz');
	assert.deepEqual(page.faults, []);
});

test('output that cannot be drawn is not hoarded without end', async () => {
	const page = await connected();
	const piece = Buffer.alloc(1 << 20, 'never ');

	await page.clock.install();
	await page.clock.pauseAt(Date.now() + 3600000); /* nothing is drawn */
	for (let i = 0; i < 20; i++)
		shell().send(piece, 'latin1');
	await page.getByText('faster than this browser can draw').first()
		.waitFor();
	await waitForState(page, 'ended');
});
