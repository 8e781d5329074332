import { render } from 'preact';
import { restWhileHidden } from './gateway/rest-while-hidden.ts';
import { createApp } from './state/app.ts';
import { AppContext } from './view/app-context.ts';
import { keepFocus } from './view/keep-focus.ts';
import { Page } from './view/page.tsx';

const app = createApp();
app.openAddress();
window.addEventListener('hashchange', app.openAddress);
restWhileHidden(app.link);
render(
  <AppContext.Provider value={app}>
    <Page />
  </AppContext.Provider>,
  document.body,
);
keepFocus(document);
void app.load();
