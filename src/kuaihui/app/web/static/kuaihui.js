// What pages do by themselves: count, mark what is yours, keep what you are writing, answer the keyboard. Without this script everything still works.
'use strict';
(() => {
  const $ = (one, within = document) => within.querySelector(one);
  const $$ = (all, within = document) => within.querySelectorAll(all);
  const body = document.body;
  const words = JSON.parse($('#sayings').textContent);
  const me = body.dataset.person;

  // -- time: the house's clock, which may run faster than ours --
  const pace = Number(body.dataset.pace) || 1;
  let houseNow = Date.parse(body.dataset.now), ours = performance.now();
  const now = () => houseNow + (performance.now() - ours) * pace;
  const setNow = iso => { const told = Date.parse(iso); if (told) { houseNow = told; ours = performance.now(); } };
  const span = ms => {
    const s = Math.max(0, Math.round(ms / 1000)), two = n => String(n).padStart(2, '0');
    const clock = `${Math.floor(s / 60) % 60}:${two(s % 60)}`, hours = Math.floor(s / 3600);
    if (hours >= 48) return (hours % 24 ? words.days_and_hours : words.days).replace('{days}', Math.floor(hours / 24)).replace('{hours}', hours % 24);
    return hours ? `${hours}:${clock.padStart(5, '0')}` : clock;
  };
  const put = (el, text) => { if (el.textContent !== text) el.textContent = text; };
  const tick = () => {
    const t = now();
    for (const el of $$('time[data-since]')) put(el, span(t - Date.parse(el.dataset.since)));
    for (const el of $$('time[data-until]')) { const left = Date.parse(el.dataset.until) - t; put(el, left > 0 ? span(left) : words.now); }
    for (const el of $$('[data-budget]')) {
      const spent = (t - Date.parse(el.dataset.began)) / 1000, budget = Number(el.dataset.budget);
      $('progress', el).value = Math.min(spent, budget);
      if (spent > budget) { el.className = 'late'; put($('.verdict', el), `${words.over} ${span((spent - budget) * 1000)}`); }
    }
  };
  setInterval(tick, pace > 1 ? 250 : 1000);

  // -- what is mine --
  const mark = root => {
    if (!me) return;
    for (const el of $$('[data-who]', root)) el.classList.toggle('me', el.dataset.who === me);
    for (const el of $$('[data-mentions]', root)) el.classList.toggle('to-me', ` ${el.dataset.mentions} `.includes(` ${me} `));
  };

  // -- read: what came while the page was open counts as read when somebody is at it --
  let reading = 0;
  const read = () => {
    const incident = $('main')?.dataset.incident;
    if (!incident || !me || !$('[data-unread]') || document.hidden || Date.now() - reading < 3000) return;
    reading = Date.now();
    send(incident, { deed: 'ReadPages' });
  };
  const send = (incident, fields) => fetch(`/incidents/${encodeURIComponent(incident)}/do`, {
    method: 'POST', body: new URLSearchParams(fields), headers: { 'HX-Request': 'true' }, keepalive: true, redirect: 'manual',
  }).catch(() => {});
  for (const sign of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(sign, read, { passive: true });
  addEventListener('focus', read);

  // -- the stream --
  const state = $('#link-state');
  let lost = null;
  const linked = () => { if (state) { lost = null; state.classList.remove('lost'); put(state, words.live); } };
  body.addEventListener('htmx:sseOpen', linked);
  body.addEventListener('htmx:sseError', () => {
    if (!state || lost) return;
    lost = new Date(now());
    state.classList.add('lost');
    put(state, `${words.lost} ${lost.toTimeString().slice(0, 8)}`);
  });
  // A part that somebody is writing in is not pulled away from under their hands: what is new waits until they are done.
  const held = new Map();
  // What somebody has unfolded stays unfolded when its part is put in anew.
  let opened = [];
  const keepOpen = part => { opened = [...$$('details[id][open]', part)].map(el => el.id); };
  const unfold = () => { for (const id of opened) { const el = document.getElementById(id); if (el) el.open = true; } opened = []; };
  const FIELDS = 'input:not([type=hidden], [type=checkbox], [type=file]), textarea';
  const begun = el => [...$$(FIELDS, el)].some(field => field.value !== field.defaultValue);
  const busy = el => { const at = document.activeElement; return el !== $('#messages') && ((el.contains(at) && at.matches('input, textarea, select')) || begun(el)); };
  const release = () => { for (const [el, html] of held) if (!busy(el)) { held.delete(el); keepOpen(el); htmx.swap(el, html, { swapStyle: 'innerHTML' }); unfold(); } };
  body.addEventListener('htmx:sseBeforeMessage', event => {
    linked();
    if (event.target.id === 'tick') { setNow(event.detail.data); event.preventDefault(); }
    else if (busy(event.target)) { held.set(event.target, event.detail.data); event.preventDefault(); }
    else keepOpen(event.target);
  });
  body.addEventListener('focusout', () => setTimeout(release));
  const scroll = $('#topic-scroll');
  const atEnd = () => !scroll || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const toEnd = () => { if (scroll) scroll.scrollTop = scroll.scrollHeight; };
  let following = true;
  scroll?.addEventListener('scroll', () => { following = atEnd(); }, { passive: true });
  body.addEventListener('htmx:sseMessage', event => {
    const el = event.target, seen = new Set();
    unfold();
    if (el.id === 'messages' || el.id === 'facts') for (const li of [...el.children]) { if (seen.has(li.id)) li.remove(); seen.add(li.id); }
    const told = $('[data-now]', el);
    if (told) setNow(told.dataset.now);
    if (el.id === 'messages' && following) toEnd();
    mark(el);
    tick();
    if (document.hasFocus()) setTimeout(read, 1500);
  });
  body.addEventListener('htmx:oobAfterSwap', event => mark(event.target.parentElement || document));

  // -- forms --
  body.addEventListener('htmx:beforeRequest', () => put($('#news'), ''));
  body.addEventListener('htmx:afterRequest', event => {
    const form = event.target;
    if (event.detail.successful && form.matches?.('form[data-clears]')) {
      form.reset();
      answer('');
      chosen();
      form.closest('details:not(.menu)')?.removeAttribute('open');
      if (form.id === 'say') { following = true; toEnd(); }
    } else if (event.detail.successful && form.matches?.('main form')) {
      form.reset();
      document.activeElement?.blur?.();
    }
    release();
    if (event.detail.xhr?.status === 401) location.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  });
  const news = $('#news');
  let leaving = 0;
  new MutationObserver(() => { clearTimeout(leaving); if (news.children.length) leaving = setTimeout(() => put(news, ''), 12000); }).observe(news, { childList: true });
  news.addEventListener('click', () => put(news, ''));
  for (const form of $$('form.filters')) form.addEventListener('change', () => form.submit());

  // -- the topic --
  const field = $('#say-words'), offers = $('#offers'), pictures = $('#pictures');
  const people = JSON.parse($('#people-json')?.textContent || '[]');
  const answer = (id, name) => {
    const line = $('#replying');
    if (!line) return;
    $('#reply-to').value = id;
    line.hidden = !id;
    put(line, id ? `${words.replying} ${name} ✕` : '');
  };
  const chosen = () => { const note = $('#chosen'); if (note) put(note, pictures.files.length ? `${words.chosen} ${pictures.files.length}` : ''); };
  pictures?.addEventListener('change', chosen);
  $('#replying')?.addEventListener('click', () => answer(''));
  body.addEventListener('click', event => {
    const reply = event.target.closest('[data-reply]');
    if (reply && field) { event.preventDefault(); answer(reply.dataset.reply, reply.dataset.name); field.focus(); }
    const join = event.target.closest('[data-join]');
    if (join && me) send(join.dataset.join, { deed: 'JoinMeeting' });
    if (event.target.closest('[data-prints]')) print();
    const opens = event.target.closest('[data-opens]');
    if (opens) document.getElementById(opens.dataset.opens).showModal();
    for (const open of $$('details.menu[open], details.more[open], details.declare[open]')) if (!open.contains(event.target)) open.open = false;
  });
  if (field) {
    let wanted = [], at = 0;
    const begun = () => /(^|\s|[^\w])@([^\s@]{0,20})$/.exec(field.value.slice(0, field.selectionStart));
    const close = () => { offers.hidden = true; wanted = []; field.removeAttribute('aria-activedescendant'); };
    const show = () => {
      offers.replaceChildren(...wanted.map(([id, name], n) => {
        const li = document.createElement('li');
        Object.assign(li, { id: `offer-${n}`, textContent: name === id ? name : `${name} · ${id}` });
        li.setAttribute('role', 'option');
        li.setAttribute('aria-selected', String(n === at));
        li.addEventListener('pointerdown', event => { event.preventDefault(); take(n); });
        return li;
      }));
      offers.hidden = !wanted.length;
      if (wanted.length) field.setAttribute('aria-activedescendant', `offer-${at}`);
    };
    const take = n => {
      const found = begun(), end = field.selectionStart, start = end - found[2].length;
      field.setRangeText(`${wanted[n][1]} `, start, end, 'end');
      close();
      field.focus();
    };
    field.addEventListener('input', () => {
      const found = begun();
      if (!found) return close();
      const part = found[2].toLowerCase();
      wanted = people.filter(([id, name]) => id.toLowerCase().startsWith(part) || name.toLowerCase().includes(part)).slice(0, 8);
      at = 0;
      show();
    });
    field.addEventListener('keydown', event => {
      if (event.isComposing) return;
      if (wanted.length && ['ArrowDown', 'ArrowUp', 'Enter', 'Tab', 'Escape'].includes(event.key)) {
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Escape') close();
        else if (event.key.startsWith('Arrow')) { at = (at + (event.key === 'ArrowDown' ? 1 : wanted.length - 1)) % wanted.length; show(); }
        else take(at);
      } else if (event.key === 'Enter' && !event.shiftKey && !matchMedia('(pointer: coarse)').matches) {
        event.preventDefault();
        field.form.requestSubmit();
      }
    });
    field.addEventListener('blur', close);
    field.addEventListener('paste', event => { if (event.clipboardData.files.length) { pictures.files = event.clipboardData.files; chosen(); } });
  }

  // -- the keyboard --
  addEventListener('keydown', event => {
    const typing = event.target.matches?.('input:not([type=checkbox]), textarea, select');
    if (event.key === 'Escape') { for (const el of $$('details.menu[open], details.more[open]')) el.open = false; if (typing) event.target.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $('dialog[open]')) return;
    if (event.key === '?') { $('#keys').showModal(); return; }
    if (/^[1-9]$/.test(event.key)) { $$('.incidents .what a')[event.key - 1]?.click(); return; }
    const el = $(`[data-key="${CSS.escape(event.key)}"]`);
    if (!el) return;
    event.preventDefault();
    if (el.matches('input:not([type=checkbox]), textarea')) el.focus(); else el.click();
    if (el.matches('summary') && el.parentElement.open) $('input:not([type=hidden]), select', el.parentElement)?.focus();
  });

  mark(document);
  tick();
  toEnd();
  const bar = $('.bar nav'), at = $('.bar nav [aria-current]');
  if (bar && at && at.offsetLeft > bar.clientWidth - 60) bar.scrollLeft = at.offsetLeft - 40;
})();
