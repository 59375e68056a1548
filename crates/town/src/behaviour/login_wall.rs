//! `login-wall(page | redirect)`: shows nothing before one signs in.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};
use crate::{address, html};

#[derive(Debug)]
struct LoginWall {
    redirect: bool,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let redirect = arguments.word(0, &["page", "redirect"])? == "redirect";
    Ok(Arc::new(LoginWall { redirect }))
}

impl Behaviour for LoginWall {
    fn answer(&self, ask: &Ask<'_>) -> Answer {
        let sign_in = format!("/sign-in?next={}", address::encode(ask.here));
        // The page it leads to is this behaviour again: there the form stands.
        if self.redirect && !ask.here.contains("/sign-in?next=") {
            return Answer::redirect(302, sign_in);
        }
        let body = format!(
            "<h1>登录后继续</h1>\n<p>Sign in to continue. 请先登录。</p>\n\
             <form action=\"{}\" method=\"post\">\n\
             <label>手机号 <input name=\"account\" autocomplete=\"username\"></label>\n\
             <label>密码 <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\n\
             <button type=\"submit\">登录</button>\n</form>",
            html::escape(&sign_in)
        );
        html::answer(ask.notice, "登录", "", &body)
    }
}
