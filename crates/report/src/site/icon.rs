//! The symbols of the ladder, drawn once a page and used by name; told apart
//! by shape alone.

use maud::{Markup, html};

use crate::input::Handling;

/// All symbols, hidden, to be used by name.
pub(super) fn sprite() -> Markup {
    html! {
        svg.sprite aria-hidden="true" width="0" height="0" {
            defs {
                @for handling in Handling::ALL {
                    symbol id=(id(handling)) viewBox="0 0 16 16" { (drawing(handling)) }
                }
            }
        }
    }
}

/// One symbol; the word must stand beside it.
pub(super) fn icon(handling: Handling) -> Markup {
    html! {
        svg.icon aria-hidden="true" focusable="false" { use href=(format!("#{}", id(handling))) {} }
    }
}

fn id(handling: Handling) -> String {
    format!("i-{}", handling.word())
}

fn drawing(handling: Handling) -> Markup {
    html! {
        @match handling {
            Handling::Opened => { circle cx="8" cy="8" r="6" fill="currentColor" {} }
            Handling::ExtraStep => {
                circle cx="8" cy="8" r="5.25" fill="none" stroke="currentColor" stroke-width="1.5" {}
                path d="M8 2.5a5.5 5.5 0 0 0 0 11z" fill="currentColor" {}
            }
            Handling::Warned => {
                path d="M8 1.5 15 14H1z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" {}
                path d="M8 6v4M8 11.4v1.4" stroke="currentColor" stroke-width="1.6" {}
            }
            Handling::MustCopy => {
                path d="M5.5 5.5V2.25h8.25v8.25H10.5" fill="none" stroke="currentColor" stroke-width="1.5" {}
                path d="M2.25 5.5h8.25v8.25H2.25z" fill="none" stroke="currentColor" stroke-width="1.5" {}
            }
            Handling::Blocked => { path d="M3 3l10 10M13 3 3 13" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" {} }
            Handling::Removed => {
                circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" {}
                path d="M2.5 13.5l11-11" stroke="currentColor" stroke-width="1.5" {}
            }
            Handling::Mixed => {
                path d="M1.5 6c2-3 4-3 6.5-.8S12.500 7.500 14.500 4.500M1.500 11.500c2-3 4-3 6.500-.8s4.500 2.300 6.500-.7"
                    fill="none" stroke="currentColor" stroke-width="1.6" {}
            }
            Handling::Inconclusive => {
                path d="M5.200 5.600C5.200 3.700 6.400 2.600 8 2.600s2.900 1 2.900 2.600C10.900 7.400 8 7.600 8 10" fill="none" stroke="currentColor" stroke-width="1.700" {}
                circle cx="8" cy="13" r="1.100" fill="currentColor" {}
            }
            Handling::NotMeasured => { circle cx="8" cy="8" r="1.300" fill="currentColor" {} }
        }
    }
}

/// The mark of the house: a round gate in a wall.
pub(super) fn moongate() -> Markup {
    html! {
        svg.house viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            path fill="currentColor" fill-rule="evenodd"
                d="M1 3h22v18h-7.300a8 8 0 1 0-7.400 0H1zM12 6.500a7.200 7.200 0 0 1 2.200 14.100L14 21h-4l-.2-.4A7.200 7.200 0 0 1 12 6.500z" {}
        }
    }
}
