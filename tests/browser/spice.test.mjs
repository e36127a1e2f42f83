/*
 * A SPICE console as the page shows it, before a server in memory: what a
 * person sees and sends, and what a guest cannot do to the page.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, waitForState } from './helpers.mjs';
import { agentTokens, bitmap, endlessLz, film, frame, kept, message, photograph, quic,
	surface } from
	'./fake-spice.mjs';
import { stage } from './stage.mjs';

const s = stage();
const LINK = { display: 2, inputs: 3, cursor: 4, playback: 5 };

async function opened(prepare = () => {}) {
	prepare(s.mock);
	s.mock.guests[0].kinds.spice = { available: true };
	const page = await s.open();

	await page.locator('.card', { hasText: 'home/100' })
		.locator('[data-kind="spice"]').click();
	return page;
}

async function connected(prepare) {
	const page = await opened(prepare);

	await waitForState(page, 'connected');
	return page;
}

const screen = (page) => page.frameLocator('.spice-frame');

/* What is drawn: [width, height, one dot from the middle of the window]. */
function drawn(page) {
	return screen(page).locator('canvas').evaluate((canvas) => {
		const x = Math.round(canvas.width * .7);
		const y = Math.round(canvas.height * .6);

		return [canvas.width, canvas.height, ...canvas.getContext('2d')
			.getImageData(x, y, 1, 1).data.slice(0, 3)];
	});
}

async function until(what, limit = 30000) {
	for (const by = Date.now() + limit; Date.now() < by;) {
		const answer = await what();

		if (answer)
			return answer;
		await new Promise((done) => setTimeout(done, 25));
	}
	throw new Error(`never: ${what}`);
}

const panel = (page, name) => page.getByRole('button', { name, exact: true })
	.click();

test('every channel asks with the code, and the picture is the guest\'s',
	async () => {
		const page = await connected();

		await until(async () => (await drawn(page))[2] === 246);
		assert.deepEqual(await drawn(page), [640, 400, 246, 247, 249]);
		await until(() => s.mock.spice.opened.length === 5);
		assert.deepEqual([...s.mock.spice.opened].sort(), [1, 2, 3, 4, 5]);
		assert.equal(new Set(s.mock.protocols).size, 1);
		assert.match(s.mock.protocols[0], /^binary, ?code\.[0-9a-f]{32}$/);
		assert.deepEqual(page.faults, []);
	});

test('a film comes as pictures, and so do photographs', async () => {
	const page = await connected();
	const { spice } = s.mock;

	await until(() => spice.opened.length === 5);
	/* a red one, as this browser writes it */
	const jpeg = Buffer.from(await page.evaluate(() => {
		const canvas = document.createElement('canvas');
		const context = canvas.getContext('2d');

		canvas.width = 640;
		canvas.height = 400;
		context.fillStyle = '#f00';
		context.fillRect(0, 0, 640, 400);
		return canvas.toDataURL('image/jpeg').split(',')[1];
	}), 'base64');
	const display = spice.channels.get(LINK.display);
	const isRed = async () => {
		const [, , r, g] = await drawn(page);

		return r > 240 && g < 16;
	};

	display.sendRaw(photograph(0, 640, 400, jpeg));
	await until(isRed);
	spice.draw();
	await until(async () => (await drawn(page))[3] === 247);
	display.sendRaw(film(5, 640, 400));
	display.sendRaw(frame(5, jpeg));
	await until(isRed);
	display.send(125, Buffer.from([5, 0, 0, 0]));
	spice.draw();
	await until(async () => (await drawn(page))[3] === 247);
	await waitForState(page, 'connected');
	assert.deepEqual(page.faults, []);
});

test('places on the keyboard reach the guest, combinations too', async () => {
	const page = await connected();
	const { spice } = s.mock;

	await until(() => spice.opened.includes(LINK.inputs));
	await page.keyboard.press('a');
	await page.keyboard.press('ArrowUp');
	await until(() => spice.keys.length === 4);
	assert.deepEqual(spice.keys, [0x1e, 0x9e, 0x48e0, 0xc8e0]);
	spice.keys.length = 0;
	await panel(page, 'Ctrl+Alt+Del');
	await until(() => spice.keys.length === 6);
	assert.deepEqual(spice.keys, [0x1d, 0x38, 0x53e0, 0xd3e0, 0xb8, 0x9d]);
	spice.keys.length = 0;
	/* what is held when the focus leaves does not stay down */
	await screen(page).locator('.spice').focus();
	await page.keyboard.down('Shift');
	await page.getByRole('button', { name: 'Keys', exact: true }).focus();
	await until(() => spice.keys.length === 2);
	assert.deepEqual(spice.keys, [0x2a, 0xaa]);
	await page.keyboard.up('Shift');
});

test('Ctrl, Alt and Shift together lead back to the toolbar', async () => {
	const page = await connected();

	await screen(page).locator('.spice').focus();
	for (const key of ['Control', 'Alt', 'Shift'])
		await page.keyboard.down(key);
	for (const key of ['Shift', 'Alt', 'Control'])
		await page.keyboard.up(key);
	await page.waitForFunction(() =>
		document.activeElement.closest('.bar') !== null);
});

test('the pointer is counted in the guest\'s dots', async () => {
	const page = await connected();
	const { spice } = s.mock;

	await until(() => spice.opened.includes(LINK.inputs));
	const box = await screen(page).locator('canvas').boundingBox();

	assert.ok(box.width > 640, 'the picture is scaled to the window');
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
	await page.mouse.down();
	await page.mouse.up();
	await until(() => spice.presses.length === 1);
	const [x, y] = spice.moves.at(-1);

	assert.ok(Math.abs(x - 320) <= 1 && Math.abs(y - 100) <= 1, `${x} ${y}`);
	assert.deepEqual(spice.presses, [1]);
	await page.mouse.wheel(0, 120);
	await until(() => spice.presses.length === 3);
	assert.deepEqual(spice.presses, [1, 5, 5]);
});

test('a guest without an agent gets the mouse by a click, and draws it',
	async () => {
		const page = await connected((mock) => {
			mock.spice.mouse = 1;
			mock.spice.hasAgent = false;
		});
		const { spice } = s.mock;
		const frame = screen(page);

		await until(() => spice.opened.length === 5);
		const box = await frame.locator('canvas').boundingBox();

		await page.mouse.move(box.x + 300, box.y + 300);
		await frame.getByText('Click to give the mouse').waitFor();
		await page.mouse.down();
		await page.mouse.up();
		await page.frames()[1].waitForFunction(() =>
			document.pointerLockElement !== null);
		assert.deepEqual(spice.presses, [], 'that click was for the page');
		spice.steps.length = 0;
		await page.mouse.move(box.x + 400, box.y + 350, { steps: 30 });
		const scale = 640 / box.width;
		const sum = () => spice.steps.reduce(([x, y], [dx, dy]) =>
			[x + dx, y + dy], [0, 0]);

		await until(() => Math.abs(sum()[0] - 100 * scale) <= 2 &&
			Math.abs(sum()[1] - 50 * scale) <= 2);
		spice.channels.get(LINK.cursor).send(104, Buffer.from([
			200, 0, 100, 0]));
		await frame.locator('.spice-pointer').waitFor();
		await page.mouse.down();
		await page.mouse.up();
		await until(() => spice.presses.length === 1);
	});

test('one to one, and fit again, and both are remembered', async () => {
	const page = await connected();
	const width = async () => Math.round((await screen(page)
		.locator('canvas').boundingBox()).width);

	await panel(page, 'Display');
	await page.getByLabel('One to one').check();
	await until(async () => await width() === 640);
	await page.reload();
	await waitForState(page, 'connected');
	await until(async () => await width() === 640);
	await panel(page, 'Display');
	assert.equal(await page.getByText('Quality', { exact: true }).count(), 0);
	await page.getByLabel('Fit').check();
	await until(async () => await width() > 640);
});

test('the guest is asked for the size of the window', async () => {
	const page = await connected();
	const { spice } = s.mock;

	await panel(page, 'Display');
	await page.getByLabel('Resize the guest').check();
	const [width, height] = await until(() => spice.sizes[0]);
	const box = await page.locator('.spice-frame').boundingBox();

	assert.ok(box.width - width < 8 && width % 8 === 0, `${width}`);
	assert.ok(box.height - height < 8 && height % 8 === 0, `${height}`);
	[spice.width, spice.height] = [width, height];
	spice.channels.get(LINK.display).send(315, Buffer.alloc(4));
	spice.draw();
	await until(async () => (await drawn(page))[0] === width);
	await page.waitForTimeout(600);
	assert.equal(spice.sizes.length, 1, 'a size that fits is not asked again');
});

test('text goes both ways through the agent', async () => {
	const page = await connected();
	const { spice } = s.mock;
	const words = 'Grüße aus dem Browser\nzweite Zeile '.repeat(200);

	await until(() => spice.opened.includes(LINK.inputs));
	await panel(page, 'Clipboard');
	await page.getByLabel('Shared clipboard').fill(words);
	await page.getByRole('button', { name: 'Send to guest' }).click();
	assert.equal(await until(() => spice.texts[0]), words);
	spice.copies('Grüße vom Gast\r\n'.repeat(300));
	await page.waitForFunction(() => document.querySelector(
		'.clipboard-area').value.startsWith('Grüße vom Gast\nGrüße'));
});

test('an agent that asks without end and reads nothing gets no more',
	async () => {
		const page = await connected();
		const { spice } = s.mock;
		const main = spice.channels.get(1);
		const words = 'x'.repeat(18000);

		await until(() => spice.opened.includes(LINK.inputs));
		await panel(page, 'Clipboard');
		await page.getByLabel('Shared clipboard').fill(words);
		await page.getByRole('button', { name: 'Send to guest' }).click();
		await page.waitForTimeout(1500);
		for (let i = 0; i < 2000; i++)
			spice.agentAsks();
		await page.waitForTimeout(1000);
		main.send(110, agentTokens(100000));
		await until(() => spice.texts.length > 20);
		await page.waitForTimeout(500);
		assert.ok(spice.texts.length < 80, `${spice.texts.length} answers`);
		assert.equal(spice.texts.at(-1), words);
		await waitForState(page, 'connected');
	});

test('without an agent the page says what is missing', async () => {
	const page = await connected((mock) => {
		mock.spice.hasAgent = false;
	});

	await panel(page, 'Clipboard');
	await page.getByText('no SPICE agent').waitFor();
	assert.ok(await page.getByRole('button', { name: 'Send to guest' })
		.isDisabled());
	await panel(page, 'About this console');
	await page.getByText('neither resizing nor a clipboard').waitFor();
	await page.getByText('main, display, inputs, cursor, playback')
		.waitFor();
});

test('sound waits for a press, runs, and is muted', async () => {
	const page = await connected((mock) => {
		mock.spice.plays = true;
	});
	const speaker = page.locator('[data-sound]');
	const audio = screen(page).locator('audio');
	const state = () => audio.evaluate((a) =>
		[a.muted, a.paused, a.currentTime]);

	await page.mouse.click(700, 500);
	await page.locator('[data-sound="playing"]').waitFor();
	const [, , before] = await state();

	await until(async () => (await state())[2] - before > 0.3);
	assert.deepEqual((await state()).slice(0, 2), [false, false]);
	await speaker.click();
	await page.locator('[data-sound="muted"]').waitFor();
	assert.equal((await state())[0], true);
	await speaker.click();
	await page.locator('[data-sound="playing"]').waitFor();
});

test('who may look only opens no channel for input', async () => {
	const page = await connected((mock) => {
		mock.rights = ['view'];
	});

	await until(() => s.mock.spice.opened.length === 4);
	assert.ok(!s.mock.spice.opened.includes(LINK.inputs));
	await page.getByText('View only', { exact: true }).first().waitFor();
	assert.ok(await page.getByRole('button', { name: 'Ctrl+Alt+Del' })
		.isDisabled());
});

test('a gateway that refuses input is told of, and the picture stays',
	async () => {
		const page = await connected((mock) => {
			mock.noInput = true;
		});

		await page.locator('.bar .badge', { hasText: 'View only' })
			.waitFor();
		s.mock.spice.channels.get(LINK.playback); /* its end is no end */
		[...s.mock.live.values()].at(-1).socket.close(1011);
		await page.waitForTimeout(900);
		await waitForState(page, 'connected');
		assert.deepEqual(await drawn(page), [640, 400, 246, 247, 249]);
	});

test('what rules close is not even asked for', async () => {
	const page = await connected((mock) => {
		mock.deny = ['audio', 'clipboard'];
	});

	await until(() => s.mock.spice.opened.length === 4);
	assert.ok(!s.mock.spice.opened.includes(LINK.playback));
	assert.ok(await page.locator('[data-sound]').isHidden());
	await panel(page, 'Clipboard');
	await page.getByText('closed here by the').waitFor();
});

test('a broken wire comes back by itself with another code', async () => {
	const page = await connected();

	await page.evaluate(() => {
		window.stillTheSame = true;
	});
	await until(() => s.mock.spice.opened.length === 5);
	s.mock.cut();
	await waitForState(page, 'lost');
	assert.equal(await page.locator('.screen-still').count(), 1);
	s.mock.mend();
	await waitForState(page, 'connected');
	await until(() => s.mock.spice.opened.length === 10);
	assert.equal(new Set(s.mock.protocols).size, 2);
	assert.equal(await page.evaluate(() => window.stillTheSame), true);
	await until(async () => await page.locator('.screen-still').count() === 0);
	await page.keyboard.press('b');
	await until(() => s.mock.spice.keys.includes(0x30));
});

test('an end has its reason, from whichever channel', async () => {
	const page = await connected();

	await until(() => s.mock.spice.opened.length === 5);
	s.mock.endAll(4403, 'killed: anna@pve ended this console.');
	await waitForState(page, 'ended');
	await page.getByText('anna@pve ended this console.', { exact: true })
		.waitFor();
	assert.equal(await page.locator('.spice-frame').count(), 0);
	assert.deepEqual(await axe(page), []);
});

test('a failure has its reason, and other ways are a click away', async () => {
	const page = await opened((mock) => {
		mock.refuse = 'hypervisor_untrusted';
		mock.guests[0].pve_url = 'https://pve1.test:8006/?console=kvm';
	});

	await waitForState(page, 'ended');
	await page.getByText('The certificate of pve2:8006 has changed.',
		{ exact: true }).waitFor();
	await page.getByText('store its new fingerprint', { exact: false })
		.first().waitFor();
	const link = page.getByRole('link', { name: 'Open in Proxmox' });

	assert.equal(await link.getAttribute('href'),
		'https://pve1.test:8006/?console=kvm');
	assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
	assert.deepEqual(await axe(page), []);
	s.mock.refuse = '';
	await page.getByRole('button', { name: 'Open the VNC screen' }).click();
	await waitForState(page, 'connected');
	assert.equal(await page.locator('.spice-frame').count(), 0);
	assert.equal(await page.locator('.overlay-others a').count(), 0);
});

test('who is no admin gets no address, and a bad address is none', async () => {
	const page = await opened((mock) => {
		mock.refuse = 'hypervisor_untrusted';
		mock.guests[0].pve_url = 'javascript:alert(1)';
	});

	await page.getByRole('button', { name: 'Open the VNC screen' }).waitFor();
	assert.equal(await page.getByRole('link', { name: 'Open in Proxmox' })
		.count(), 0);
});

test('an end that was meant offers nothing else', async () => {
	const page = await connected();

	await until(() => s.mock.spice.opened.length === 5);
	s.mock.endAll(4403, 'killed: anna@pve ended this console.');
	await waitForState(page, 'ended');
	await page.waitForTimeout(300);
	assert.ok(await page.locator('.overlay-others').isHidden());
});

/* What no server that is honest would say; none may hang the page. */
const hostile = {
	'a screen larger than any': () => surface(0, 0x7fffffff, 0x7fffffff),
	'a screen of no size': () => surface(0, 0, 100),
	'surfaces without end': () => Buffer.concat(Array.from({ length: 40 },
		(_, i) => surface(i + 1, 2048, 2048, false))),
	'a message of four gigabytes': () => {
		const m = message(304);

		m.writeUInt32LE(0xfffffff0, 2);
		return m;
	},
	'a message that is cut short': () => message(304, Buffer.alloc(9)),
	'rectangles without end': () => message(302, Buffer.concat([
		Buffer.alloc(20), Buffer.from([1, 0xff, 0xff, 0xff, 0x7f])])),
	'a picture on no surface': () => bitmap(9, 4, 4, Buffer.alloc(64)),
	'a stride that never ends': () => Buffer.concat([surface(0, 64, 64),
		bitmap(0, 64, 64, Buffer.alloc(64), { stride: 0x7fffff00 })]),
	'a picture of less than nothing': () => Buffer.concat([
		surface(0, 64, 64),
		bitmap(0, 64, 64, Buffer.alloc(64), { x: 0xfffffff0 })]),
	'LZ that repeats for ever': () => Buffer.concat([surface(0, 64, 64),
		endlessLz(0, 4 * 1024 * 1024)]),
	'QUIC as large as all memory': () => Buffer.concat([surface(0, 64, 64),
		quic(0, 0x10000, Buffer.alloc(4))]),
	/* after these 40 bytes comes a run, and it never ends */
	'QUIC that runs out of its row': () => Buffer.concat([
		surface(0, 64, 64), quic(0, 64, Buffer.alloc(65536, 0xff)
			.fill(154, 0, 40))]),
	'a note as long as memory': () => message(7, Buffer.concat([
		Buffer.alloc(20), Buffer.from([0xff, 0xff, 0xff, 0x7f])])),
	'a copy from nowhere': () => Buffer.concat([surface(0, 64, 64),
		message(104, Buffer.alloc(30, 0x7f))]),
	'a stream of nobody': () => message(125, Buffer.alloc(4)),
};

for (const [name, bytes] of Object.entries(hostile)) {
	test(`a guest that sends ${name} ends its console only`, async () => {
		const page = await opened((mock) => {
			mock.spice.first = bytes();
		});

		await page.locator('.console-shown[data-state="ended"], ' +
			'.console-shown[data-state="lost"]').waitFor();
		await page.getByText('protocol_error').waitFor();
		/* the page is as quick as before */
		const begin = Date.now();

		await page.getByRole('button', { name: 'Guests', exact: true })
			.click();
		await page.getByLabel('Search guests').fill('db');
		assert.ok(Date.now() - begin < 15000);
		await until(() => s.mock.live.size === 0);
	});
}

test('a pointer as large as a screen is no pointer', async () => {
	const page = await connected();

	await until(() => s.mock.spice.opened.length === 5);
	s.mock.spice.channels.get(LINK.cursor).send(103,
		s.mock.spice.pointer(60000, 60000));
	await waitForState(page, 'ended');
	await page.getByText('protocol_error').waitFor();
});

test('what a guest keeps for later has an end: the oldest are gone',
	async () => {
		const page = await connected();
		const { spice } = s.mock;

		await until(() => spice.opened.length === 5);
		const display = spice.channels.get(LINK.display);
		const side = 1024;
		const dark = (name) => bitmap(1, side, side,
			Buffer.alloc(side * side * 4, name), { name });

		/* 40 times 4 MiB, and there is room for 128 */
		display.sendRaw(surface(1, side, side, false));
		for (let name = 10; name < 50; name++)
			display.sendRaw(dark(name));
		display.sendRaw(kept(0, 640, 400, 49));
		await until(async () => (await drawn(page))[2] === 49, 30000);
		display.sendRaw(kept(0, 640, 400, 10));
		await page.waitForTimeout(300);
		assert.equal((await drawn(page))[2], 49);
		display.sendRaw(kept(0, 640, 400, 48));
		await until(async () => (await drawn(page))[2] === 48);
		await waitForState(page, 'connected');
	});

test('axe finds nothing, in the page and in its frame', async () => {
	const page = await connected();

	await until(() => s.mock.spice.opened.length === 5);
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(await axe(page.frames()[1]), []);
	assert.deepEqual(page.faults, []);
});
