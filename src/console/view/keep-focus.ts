/** What can have the focus. */
const focusable = 'a[href], button, summary, input, select, textarea, [tabindex]';

/**
 * Marks an element that gets the focus when the focused element disappears or is disabled: the nearest ancestor that is
 * marked itself or has one marked element in it. Among several ones, none belongs to the place where the focus was.
 */
const home = '[data-focus-home]';

/**
 * Keeps the focus near the place where it was, when the element that has it disappears: a button that was pressed and is
 * no longer needed. Browsers would give the focus to the whole page, and a keyboard would begin at its top.
 */
export function keepFocus(page: Document): void {
  /** The element that the user has focused or pressed, and its ancestors. */
  let path: readonly Element[] = [];
  const remember = (element: Element | null) => {
    path = element === null ? [] : [element, ...ancestorsOf(element)];
  };
  const focused = ({ target }: FocusEvent) => remember(target instanceof Element ? target : null);
  const pressed = ({ target, pointerType }: PointerEvent) => {
    // On a touch screen the focus would open the keyboard.
    const isTouch = pointerType === 'touch';
    remember(!isTouch && target instanceof Element ? target.closest(focusable) : null);
  };
  const changed = () => {
    const { activeElement: active } = page;
    const [last] = path;
    const isLost = last !== undefined && (last.matches(':disabled') || !isVisible(last));
    const isElsewhere = active !== null && active !== page.body && active !== last;
    if (!isLost || isElsewhere) return;
    const homes = path.filter(({ isConnected }) => isConnected).flatMap(homesIn);
    homes[0]?.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(changed);
  observer.observe(page.body, { subtree: true, childList: true, attributeFilter: ['disabled', 'class'] });
  page.addEventListener('focusin', focused);
  page.addEventListener('pointerdown', pressed);
}

function ancestorsOf(element: Element): Element[] {
  const { parentElement: parent } = element;
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

function homesIn(ancestor: Element): HTMLElement[] {
  const homes = [...ancestor.querySelectorAll<HTMLElement>(home)];
  const own = ancestor instanceof HTMLElement && ancestor.matches(home) ? [ancestor] : [];
  const usable = (own.length > 0 ? own : homes).filter(
    (each) => !each.matches(':disabled') && isVisible(each),
  );
  return usable.length === 1 ? usable : [];
}

/** Not true for an element that was removed. */
function isVisible(element: Element): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}
