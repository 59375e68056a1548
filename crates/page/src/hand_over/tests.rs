#![expect(
    clippy::too_many_lines,
    clippy::needless_raw_string_hashes,
    reason = "tables"
)]

use super::*;

const SHOP: &str = "https://shop.example/item?a=1&b=2";

fn base() -> Url {
    Url::parse("https://chat.example/jump?x=1").unwrap()
}

fn page(html: &str) -> Option<(String, f64)> {
    let headers = [("content-type".to_owned(), "text/html".to_owned())];
    hand_over(&base(), 200, &headers, html.as_bytes()).map(|over| {
        let delay = match over.how {
            HowReached::MetaRefresh { delay_s }
            | HowReached::RefreshHeader { delay_s }
            | HowReached::Script { delay_s, .. } => delay_s,
            _ => -1.0,
        };
        (over.to.to_string(), delay)
    })
}

#[test]
fn statuses_and_headers_hand_over() {
    let table = [
        (301, "location", "/a", Some("https://chat.example/a")),
        (
            302,
            "Location",
            " https://shop.example \r\n",
            Some("https://shop.example/"),
        ),
        (
            303,
            "location",
            "//shop.example",
            Some("https://shop.example/"),
        ),
        (307, "location", "?y", Some("https://chat.example/jump?y")),
        (
            308,
            "location",
            "https:\\\\shop.example\\a",
            Some("https://shop.example/a"),
        ),
        (302, "location", "", None),
        (302, "location", "intent://x#Intent;end", None),
        (302, "location", "https://", None),
        (304, "location", "/a", None),
        (200, "location", "/a", None),
        (200, "refresh", "3; url=/a", Some("https://chat.example/a")),
        (
            200,
            "refresh",
            "0;URL='/b c'",
            Some("https://chat.example/b%20c"),
        ),
        (200, "refresh", "5", None),
        (200, "refresh", "9999;url=/a", None),
    ];
    for (status, name, value, expected) in table {
        let headers = [(name.to_owned(), value.to_owned())];
        let found = hand_over(&base(), status, &headers, b"").map(|over| over.to.to_string());
        assert_eq!(found.as_deref(), expected, "{status} {name}: {value}");
    }
}

#[test]
fn meta_refresh_is_read_as_browsers_read_it() {
    let shop = Some((SHOP.to_owned(), 0.0));
    let table = [
        (
            r#"<meta http-equiv="refresh" content="0;url=@@">"#,
            shop.clone(),
        ),
        (
            r#"<META HTTP-EQUIV='Refresh' CONTENT='0; URL=@@'>"#,
            shop.clone(),
        ),
        (r"<meta content=0;url=@@ http-equiv=refresh>", shop.clone()),
        (
            r#"<meta http-equiv=" refresh " content="0;  '@@'">"#,
            shop.clone(),
        ),
        (
            r#"<meta http-equiv="refresh" content="0 , uRl = &#x27;@@&#39;">"#,
            shop.clone(),
        ),
        (
            r#"<noscript><meta http-equiv=refresh content="0;@@"></noscript>"#,
            shop.clone(),
        ),
        (
            r#"<meta http-equiv="refresh" content="5;url=@@">"#,
            Some((SHOP.to_owned(), 5.0)),
        ),
        (
            r#"<base href="https://shop.example/"><meta http-equiv="refresh" content="0;url=item?a=1&amp;b=2">"#,
            shop,
        ),
        (
            r#"<!-- <meta http-equiv="refresh" content="0;url=@@"> -->"#,
            None,
        ),
        (
            r#"<template><meta http-equiv="refresh" content="0;url=@@"></template>"#,
            None,
        ),
        (
            r#"<textarea><meta http-equiv="refresh" content="0;url=@@"></textarea>"#,
            None,
        ),
        (
            r#"<xmp><meta http-equiv="refresh" content="0;url=@@"></xmp>"#,
            None,
        ),
        (
            r#"<script>var a='<meta http-equiv="refresh" content="0;url=@@">'</script>"#,
            None,
        ),
        (r#"<meta http-equiv="refresh" content="30">"#, None),
        (
            r#"<meta http-equiv="refresh" content="0;url=taobao://x">"#,
            None,
        ),
        (r#"<meta name="refresh" content="0;url=@@">"#, None),
        (
            r#"<p>@@</p><a href="@@">http-equiv refresh location</a>"#,
            None,
        ),
        ("", None),
    ];
    for (html, expected) in table {
        let html = html.replace("@@", SHOP);
        assert_eq!(page(&html), expected, "{html}");
    }
}

fn script(source: &str) -> Option<f64> {
    let html = format!(
        "<html><body><script>{}</script>",
        source.replace("URL", SHOP)
    );
    page(&html).map(|(to, delay)| {
        assert_eq!(to, SHOP, "{html}");
        delay
    })
}

#[test]
fn simple_scripts_are_followed() {
    let table = [
        (r#"location = "URL""#, 0.0),
        (r#"location.href="URL";"#, 0.0),
        (r#"window.location.replace("URL");"#, 0.0),
        (
            r#"window.opener = null; location.replace("https:\/\/shop.example\/item?a=1\u0026b=2")"#,
            0.0,
        ),
        (r#"top.location.href = 'URL'"#, 0.0),
        (r#"self.location.assign('URL')"#, 0.0),
        (r#"document.location = 'URL'"#, 0.0),
        (r#"window["location"]["href"] = 'URL'"#, 0.0),
        (r#"window.location['replace']('URL')"#, 0.0),
        (r#"setTimeout(function(){location.href="URL"}, 3000)"#, 3.0),
        (
            r#"window.setTimeout(()=>{ location.href=`URL` }, 1.5e3)"#,
            1.5,
        ),
        (r#"setTimeout(() => location.replace("URL"), 2000)"#, 2.0),
        (r#"setTimeout("location.href='URL'", 2000)"#, 2.0),
        (
            r#"function go(){ location.href = "URL" } setTimeout(go, 5000);"#,
            5.0,
        ),
        (
            r#"function go(){ location.href = "URL" } setTimeout("go()", 5000);"#,
            5.0,
        ),
        (r#"function go(u){ location.href = u } go("URL");"#, 0.0),
        (
            r#"location.href = "https://" + "shop.example" + '/item?a=1' + "&b=2""#,
            0.0,
        ),
        (r#"var url = "URL"; location.href = url;"#, 0.0),
        (r#"var a=1, url = "URL" ; window.location.href=url"#, 0.0),
        (
            r#"const d = {"url": "URL", n: 3}; location.replace(d.url)"#,
            0.0,
        ),
        (
            r#"location.href = decodeURIComponent("https%3A%2F%2Fshop.example%2Fitem%3Fa%3D1%26b%3D2")"#,
            0.0,
        ),
        (
            r#"location.href = atob("aHR0cHM6Ly9zaG9wLmV4YW1wbGUvaXRlbT9hPTEmYj0y")"#,
            0.0,
        ),
        (
            r#"location.href = window.atob('aHR0cHM6Ly9zaG9wLmV4YW1wbGUvaXRlbT9hPTEmYj0y')"#,
            0.0,
        ),
        (
            r#"(function(){ var t = "URL"; window.location.href = t; })();"#,
            0.0,
        ),
        (r#"!function(u){location.replace(u)}("URL")"#, 0.0),
        (r#"(() => { location.href = 'URL' })()"#, 0.0),
        (
            r#"window.onload = function(){ location.href = "URL" }"#,
            0.0,
        ),
        (
            r#"document.addEventListener('DOMContentLoaded', function(){ location.href = "URL" })"#,
            0.0,
        ),
        (r#"$(function(){ location.href = "URL" })"#, 0.0),
        (
            r#"$(document).ready(function(){ setTimeout(function(){ location.href = "URL" }, 4000) })"#,
            4.0,
        ),
        (
            r#"var n=5; var t=setInterval(function(){ n--; document.getElementById('s').innerText = n; if(n<=0){ clearInterval(t); location.href="URL" } }, 1000)"#,
            5.0,
        ),
        (
            r#"let n=3; function tick(){ if(n===0){ location.href="URL"; return } el.textContent = n; n--; setTimeout(tick,1000) } tick();"#,
            3.0,
        ),
        (
            r#"if (true) { location.href = 'URL' } else { location.href = '/no' }"#,
            0.0,
        ),
        (
            r#"var u = "URL"; if (u) location.href = u; else history.back()"#,
            0.0,
        ),
        (r#"window.open("URL", "_self")"#, 0.0),
        (
            r#"try { location.replace("URL") } catch (e) { location.href = "/no" }"#,
            0.0,
        ),
        (
            r#"location.href = "taobao://x"; setTimeout(function(){ location.href = "URL" }, 800)"#,
            0.8,
        ),
        (
            r#"var u = "URL&x".replace("&x", ""); location.href = u"#,
            0.0,
        ),
        (
            r#"location.href = ["https:", "", "shop.example", "item?a=1&b=2"].join("/")"#,
            0.0,
        ),
        (
            r#"/* location.href = "/no" */ // location.href = "/no"
            location.href = "URL""#,
            0.0,
        ),
        (
            r#"<!--
            location.href = "URL"
            //-->"#,
            0.0,
        ),
        (r#"var re = /"/g; location.href = "URL""#, 0.0),
    ];
    for (source, delay) in table {
        assert_eq!(script(source), Some(delay), "{source}");
    }
}

#[test]
fn the_target_may_come_from_the_address_of_the_page() {
    let from = Url::parse("https://chat.example/go?target=https%3A%2F%2Fshop.example%2F").unwrap();
    for source in [
        "location.href = new URLSearchParams(location.search).get('target')",
        "const p = new URL(window.location.href).searchParams; location.replace(p.get('target'))",
        "var t = decodeURIComponent(location.href.split('target=')[1]); location.href = t",
    ] {
        let html = format!("<script>{source}</script>");
        let over = hand_over(&from, 200, &[], html.as_bytes());
        assert_eq!(
            over.map(|over| over.to.to_string()).as_deref(),
            Some("https://shop.example/"),
            "{source}"
        );
    }
}

#[test]
fn what_waits_for_the_visitor_is_no_hand_over() {
    let table = [
        r#"function go(){ location.href = "URL" }"#,
        r#"btn.onclick = function(){ location.href = "URL" }"#,
        r#"btn.onclick = () => { location.href = "URL" }"#,
        r#"btn.onclick = async () => { location.href = "URL" }"#,
        r#"btn.addEventListener('click', function(){ location.href = "URL" })"#,
        r#"btn.addEventListener("click", e => location.href = "URL")"#,
        r#"$('#go').click(function(){ location.href = "URL" })"#,
        r#"$('#go').on('click', function(){ window.location = "URL" })"#,
        r#"if (confirm('leave?')) { location.href = "URL" }"#,
        r#"if (confirm('leave?')) location.href = "URL""#,
        r#"if (navigator.userAgent.match(/Mobile/)) location.href = "URL""#,
        r#"/Android/.test(navigator.userAgent) && (location.href = "URL")"#,
        r#"navigator.userAgent.indexOf("x") > 0 ? location.href = "URL" : 0"#,
        r#"var s = 'location.href = "URL"'"#,
        r#"// location.href = "URL""#,
        r#"/* location.href = "URL" */"#,
        r#"if (location.href == "URL") {}"#,
        r#"if (top != self) top.location = "URL""#,
        r#"var o = { go: function(){ location.href = "URL" }, x() { location.href = "URL" } }"#,
        r#"class A { go() { location.href = "URL" } }"#,
        r#"fetch("/a").then(function(){ location.href = "URL" })"#,
        r#"new Vue({ methods: { go() { window.location.href = "URL" } } })"#,
        r#"location.href = "weixin://dl""#,
        r#"location.href = unknown + "URL""#,
        r#"location.reload()"#,
        r##"location.href = "#top""##,
        r#"window.open("URL")"#,
        r#"var location2 = "URL""#,
        r#"for (var i in x) { location.href = "URL" }"#,
        r#"return; location.href = "URL""#,
    ];
    for source in table {
        assert_eq!(script(source), None, "{source}");
    }
    let html = format!(r#"<a onclick="location.href='{SHOP}'">x</a>"#);
    assert_eq!(page(&html), None);
    let html = format!(r#"<script type="text/template">location.href='{SHOP}'</script>"#);
    assert_eq!(page(&html), None);
}

#[test]
fn the_body_may_start_the_script() {
    let html = format!(
        r#"<script>function go(){{ location.href = "{SHOP}" }}</script><body onload="setTimeout('go()', 2000)">"#
    );
    assert_eq!(page(&html), Some((SHOP.to_owned(), 2.0)));
}

#[test]
fn other_encodings_and_kinds_of_body() {
    let gbk = b"<meta charset=gbk><title>\xcc\xf8\xd7\xaa</title><script>var t='\xcc\x5c';location.href='/a'</script>";
    let headers = [("content-type".to_owned(), "text/html".to_owned())];
    let over = hand_over(&base(), 200, &headers, gbk).map(|over| over.to.to_string());
    assert_eq!(over.as_deref(), Some("https://chat.example/a"));
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            "<script>location='/a'</script>"
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    assert!(hand_over(&base(), 200, &headers, &wide).is_some());
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    let html = b"<script>location='/a'</script>";
    assert!(hand_over(&base(), 200, &json, html).is_none());
    assert!(hand_over(&base(), 404, &headers, html).is_some());
}

#[test]
fn scripts_may_read_what_stands_on_their_page() {
    let link =
        format!(r#"<a id="go" class="way" href="{SHOP}" data-wait="4">on</a><b id="n">3</b>"#);
    let table = [
        (
            "var s = document.getElementById('n'); setInterval(function(){ var left = --s.innerHTML; if (left == 0) location.href = document.getElementById('go').href }, 1000)",
            Some(3.0),
        ),
        (
            "var n = parseInt($('#n').text()); var t = setInterval(function(){ n = n - 1; $('#n').text(n); if (n > 0) { return } location.href = $('a#go').attr('href') }, 1000)",
            Some(3.0),
        ),
        (
            "const a = document.querySelector('.way'); setTimeout(() => location.replace(a.getAttribute('href')), a.dataset.wait * 1000)",
            Some(4.0),
        ),
        (
            "setTimeout(function(){ document.getElementById('go').click() }, 2000)",
            Some(2.0),
        ),
        (
            "var e = document.getElementById('n'); e.innerHTML = 5; function f(){ e.innerHTML--; if (e.innerHTML < 1) location = document.getElementById('go').href; else setTimeout(f, 1000) } setTimeout(f, 1000)",
            Some(5.0),
        ),
        (
            "document.getElementById('go').onclick = function(){ location.href = this.href }",
            None,
        ),
        (
            "document.getElementById('go').addEventListener('click', function(){ location.href = '/x' })",
            None,
        ),
        ("document.getElementById('missing').click()", None),
    ];
    for (source, delay) in table {
        let found = page(&format!("<body>{link}<script>{source}</script>"));
        assert_eq!(
            found,
            delay.map(|delay| (SHOP.to_owned(), delay)),
            "{source}"
        );
    }
}
