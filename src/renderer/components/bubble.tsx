import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

/** Milliseconds: a pointer that passes by opens nothing; one that goes over to the bubble keeps it. */
const openAfterMs = 250;
const closeAfterMs = 150;
const gap = 6;
const margin = 8;

interface BubbleProps {
  /** What is pointed at or focused. */
  children: ReactNode;
  /** Made only when it shows. */
  content: () => ReactNode;
  className?: string;
}

function place(anchor: DOMRect, box: DOMRect): { left: number; top: number } {
  const below = anchor.bottom + gap;
  const top = below + box.height + margin > innerHeight ? anchor.top - gap - box.height : below;
  const left = Math.max(margin, Math.min(anchor.left, innerWidth - box.width - margin));
  return { left, top: Math.max(margin, top) };
}

/** More about something, on hover or focus. It can be entered with the pointer, and Escape puts it away. */
export function Bubble({ children, content, className = '' }: BubbleProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();

  const later = (value: boolean, ms: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(value), ms);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  useLayoutEffect(() => {
    const element = box.current;
    if (!open || element === null || anchor.current === null) return;
    element.showPopover();
    const target = anchor.current;
    const move = () => {
      const { left, top } = place(target.getBoundingClientRect(), element.getBoundingClientRect());
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    };
    move();
    const sizes = new ResizeObserver(move);
    sizes.observe(element);
    // What the keyboard is on was scrolled to, and its bubble goes along; what the pointer was on has moved away from it.
    const follow = () => (target.contains(document.activeElement) ? move() : setOpen(false));
    addEventListener('scroll', follow, true);
    return () => {
      sizes.disconnect();
      removeEventListener('scroll', follow, true);
    };
  }, [open]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what happens on the control inside
    <span
      ref={anchor}
      className={`inline-flex min-w-0 ${className}`}
      onPointerEnter={(event) => event.pointerType !== 'touch' && later(true, openAfterMs)}
      onPointerLeave={() => later(false, closeAfterMs)}
      onFocus={(event) => event.target.matches(':focus-visible') && later(true, 0)}
      onBlur={(event) => !box.current?.contains(event.relatedTarget) && later(false, closeAfterMs)}
      onClick={(event) => {
        // What is pointed at was acted upon; it needs no more explaining.
        if (event.target instanceof Node && !box.current?.contains(event.target)) later(false, 0);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        setOpen(false);
      }}
      aria-describedby={open ? id : undefined}
    >
      {children}
      {open && (
        <div
          ref={box}
          id={id}
          popover="manual"
          role="tooltip"
          className="fade-in fixed inset-auto m-0 max-w-96 cursor-default rounded-lg border border-line-strong bg-raised p-3 text-left text-13 font-normal text-text shadow-float"
        >
          {content()}
        </div>
      )}
    </span>
  );
}
