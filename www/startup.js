/**
 * Explains what failed before the page was up. It is a classic script that uses neither modules nor
 * recent syntax, so it runs where the page cannot. The build copies it unchanged.
 */
(function () {
  'use strict';

  var LIMIT_S = 20;
  var NEXT =
    'Reload the page. If that does not help, use a current version of Chromium, Firefox or Safari, and check that all ' +
    'files of the page are on the server.';

  /** Whether the page handles its errors itself. */
  function isUp() {
    return document.documentElement.getAttribute('data-started') !== null;
  }

  /** @param {Element} parent @param {string} name @param {string} text */
  function add(parent, name, text) {
    var child = document.createElement(name);
    child.textContent = text;
    parent.appendChild(child);
  }

  /** @param {string} why */
  function explain(why) {
    var place = document.getElementById('error');
    if (isUp() || !place || document.getElementById('startup-error')) return;
    var state = document.getElementById('state');
    if (state) state.hidden = true;
    var alert = document.createElement('div');
    alert.id = 'startup-error';
    alert.setAttribute('role', 'alert');
    var card = document.createElement('div');
    card.className = 'card error-card';
    add(card, 'h2', 'The page could not start');
    add(card, 'p', why);
    add(card, 'p', NEXT);
    alert.appendChild(card);
    place.appendChild(alert);
  }

  /** @param {any} reason */
  function sentence(reason) {
    var text = String((reason && reason.message) || reason || 'The browser gave no reason.');
    return text + (/[.!?]$/.test(text) ? '' : '.');
  }

  // A file that cannot be loaded is reported to its element only, and not to the window: hence `true`.
  window.addEventListener(
    'error',
    function (event) {
      var element = /** @type {any} */ (event.target);
      var file = element && element !== window && (element.src || element.href);
      explain(file ? 'This file could not be loaded: ' + file : sentence(event.error || event.message));
    },
    true,
  );
  window.addEventListener('unhandledrejection', function (event) {
    explain(sentence(event.reason));
  });
  window.setTimeout(function () {
    var loading = document.querySelector('.state-loading');
    if (isUp() || !loading || document.getElementById('startup-error')) return;
    loading.textContent =
      'The page is still loading after ' + LIMIT_S + ' seconds. The connection may be slow, or the server may not answer. ' + NEXT;
  }, LIMIT_S * 1000);
})();
