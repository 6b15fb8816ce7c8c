//! Every piece of the ui kit on one page, to look at while changing it: `ui_kit_gallery [dark|light] [scale]`.

use eframe::egui;
use egui::{Align2, Color32, Frame, Panel, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};
use tidemark::ui_kit::{
    Icon, Theme, Tokens, apply, fonts,
    format::{bytes, count, percent, rate, short_rate},
    format_time::{clock, duration, lag, parse_duration},
    style, t, t_count,
    widgets::{
        IconButton, ListRow, LoadShare, Stat, Tab, Tone, badge, danger_button, drop_down, empty_state,
        icon_button, key_value, link_button, list_row, load_bar, menu_item, meter, paint_load_bar,
        primary_button, search_field, section_header, segmented, stat, status_badge, tab_strip, text_field,
        toggle,
    },
};

fn main() -> eframe::Result {
    let theme = if std::env::args().nth(1).as_deref() == Some("light") { Theme::Light } else { Theme::Dark };
    let scale = std::env::args().nth(2).and_then(|scale| scale.parse().ok()).unwrap_or(1.0);
    let viewport = egui::ViewportBuilder::default().with_inner_size([1440.0, 900.0]);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    eframe::run_native(
        "ui_kit gallery",
        options,
        Box::new(move |creation| {
            fonts::install(&creation.egui_ctx);
            apply(&creation.egui_ctx, theme, scale);
            Ok(Box::new(Gallery::new(theme, scale)))
        }),
    )
}

struct Gallery {
    theme: Theme,
    scale: f32,
    lens: usize,
    inspector_tab: usize,
    dock_tab: usize,
    search: String,
    minimap: bool,
    snap: bool,
    check: bool,
    slider: f32,
    column: usize,
    delay: String,
}

impl Gallery {
    fn new(theme: Theme, scale: f32) -> Self {
        Self {
            theme,
            scale,
            lens: 0,
            inspector_tab: 0,
            dock_tab: 0,
            search: "win".to_owned(),
            minimap: true,
            snap: false,
            check: true,
            slider: 0.4,
            column: 0,
            delay: "5 parsecs".to_owned(),
        }
    }
}

impl eframe::App for Gallery {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let tokens = Tokens::of(ui);
        let (bar, panel) = (style::bar_frame(tokens), style::panel_frame(tokens));
        Panel::top("menu").exact_size(36.0).frame(bar).show(ui, |ui| self.menu(ui));
        Panel::bottom("status").exact_size(26.0).frame(bar).show(ui, status_bar);
        Panel::bottom("transport").exact_size(52.0).frame(bar).show(ui, transport);
        Panel::left("palette").exact_size(240.0).frame(panel).show(ui, |ui| self.palette(ui));
        Panel::right("inspector").exact_size(320.0).frame(panel).show(ui, |ui| self.inspector(ui));
        Panel::bottom("dock").exact_size(230.0).frame(panel).show(ui, |ui| self.dock(ui));
        let canvas = Frame::new().fill(tokens.colors.surface.canvas);
        egui::CentralPanel::default().frame(canvas).show(ui, |ui| self.canvas(ui));
    }
}

impl Gallery {
    fn menu(&mut self, ui: &mut Ui) {
        ui.horizontal_centered(|ui| {
            ui.label(egui::RichText::new(t("app.name")).text_style(style::strong_text()));
            egui::MenuBar::new().config(style::menu_config()).ui(ui, |ui| {
                ui.menu_button(t("menu.file"), |ui| {
                    menu_item(ui, Some(Icon::New), t("file.new"), "Ctrl+N");
                    menu_item(ui, Some(Icon::Open), t("file.open"), "Ctrl+O");
                    ui.add_enabled_ui(false, |ui| menu_item(ui, Some(Icon::Save), t("file.save"), "Ctrl+S"));
                    ui.separator();
                    menu_item(ui, None, t("file.quit"), "Ctrl+Q");
                });
                for text in [t("menu.edit"), t("menu.view"), "Flow", t("menu.run"), t("menu.help")] {
                    ui.menu_button(text, |_| {});
                }
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let (icon, next) = match self.theme {
                    Theme::Light => (Icon::Moon, Theme::Dark),
                    Theme::Dark | Theme::System => (Icon::Sun, Theme::Light),
                };
                if icon_button(ui, icon, t("view.theme")).clicked() {
                    self.theme = next;
                    apply(ui.ctx(), next, self.scale);
                }
                let _ = ui.button(format!("{}  {}", Icon::Search.glyph(), t("commands.search")));
            });
        });
    }

    fn palette(&mut self, ui: &mut Ui) {
        let colors = &Tokens::of(ui).colors;
        section_header(ui, t("palette.title"), |ui| {
            icon_button(ui, Icon::Close, t("dock.close"));
        });
        search_field(ui, &mut self.search, t("palette.search"));
        let category = colors.category;
        for (title, nodes) in [
            (
                t("palette.source"),
                vec![
                    (Icon::Source, "File", category.source),
                    (Icon::Generator, "Generator", category.source),
                ],
            ),
            (
                t("palette.stateless"),
                vec![
                    (Icon::Filter, "Filter", category.stateless),
                    (Icon::Select, "Select", category.stateless),
                    (Icon::Union, "Union", category.stateless),
                ],
            ),
            (t("palette.time"), vec![(Icon::Watermark, "Watermark", category.time)]),
            (
                t("palette.window"),
                vec![
                    (Icon::Tumble, "Tumbling window", category.window),
                    (Icon::Session, "Session window", category.window),
                ],
            ),
            ("Joins", vec![(Icon::Join, "Interval join", category.join)]),
            ("Keyed state", vec![(Icon::Aggregate, "Aggregate", category.aggregate)]),
            (
                t("palette.sink"),
                vec![
                    (Icon::Sink, "File sink", category.sink),
                    (Icon::Blackhole, "Black hole", category.sink),
                ],
            ),
        ] {
            section_header(ui, title, |_| {});
            for (icon, name, color) in nodes {
                let is_chosen = name == "Tumbling window";
                let row = ListRow {
                    icon: Some((icon, color)),
                    selected: is_chosen,
                    detail: if is_chosen { "A" } else { "" },
                    ..ListRow::new(name)
                };
                list_row(ui, &row);
            }
        }
    }

    fn inspector(&mut self, ui: &mut Ui) {
        let course: Vec<f32> =
            (0..60).map(|i| 40.0 + 25.0 * (i as f32 * 0.4).sin() + (i * 37 % 11) as f32).collect();
        let tabs = ["Config", "Schema", "Live", "Notes"].iter().enumerate();
        let tabs: Vec<_> = tabs.map(|(idx, title)| Tab::new(idx, title)).collect();
        tab_strip(ui, &mut self.inspector_tab, &tabs);
        section_header(ui, "Window", |ui| {
            icon_button(ui, Icon::More, "More");
        });
        key_value(ui, "Size", &duration(300_000));
        key_value(ui, "Lag", &lag(-4200));
        key_value(ui, "State", &bytes(19_293_798));
        ui.horizontal(|ui| {
            ui.label("Delay");
            let problem = parse_duration(&self.delay).is_err().then(|| t("inspector.not_a_duration"));
            ui.vertical(|ui| text_field(ui, &mut self.delay, "5 min", problem));
        });
        ui.horizontal(|ui| {
            drop_down(ui, "Column", &mut self.column, &[(0, "event_time"), (1, "arrival_time")]);
            ui.checkbox(&mut self.check, "Emit early");
        });
        ui.add(egui::Slider::new(&mut self.slider, 0.0..=1.0).text("Share"));
        toggle(ui, &mut self.minimap, t("view.minimap"));
        toggle(ui, &mut self.snap, "Snap to grid");
        section_header(ui, "Live", |_| {});
        let (rows, late) = (rate(41_200.0), percent(0.031));
        ui.columns(2, |columns| {
            let block = |name, value, tone, note| Stat { name, value, tone, note, course: &course };
            stat(&mut columns[0], &block("Rows in", &rows, Tone::Neutral, Some("+1,204 in the last second")));
            stat(&mut columns[1], &block("Late rows", &late, Tone::Late, Some("31 of 1,000")));
        });
        ui.add_space(6.0);
        load_bar(ui, vec2(ui.available_width(), 6.0), LoadShare { busy: 0.55, blocked: 0.2 });
        for part in [0.2, 0.5, 0.8, 1.0] {
            meter(ui, vec2(ui.available_width(), 4.0), "Queue", part);
        }
        ui.horizontal_wrapped(|ui| {
            for (tone, text) in [
                (Tone::Running, "Running"),
                (Tone::Ok, "Finished"),
                (Tone::Warning, "Slow"),
                (Tone::Late, "Late"),
                (Tone::Error, "Failed"),
                (Tone::Rejected, "Rejected"),
                (Tone::Paused, "Paused"),
                (Tone::Idle, "Idle"),
            ] {
                status_badge(ui, tone, text);
            }
            badge(ui, Tone::Neutral, "BIGINT");
            badge(ui, Tone::Accent, "time attribute");
        });
        ui.horizontal(|ui| {
            primary_button(ui, "Apply");
            let _ = ui.button(t("dialog.cancel"));
            ui.add_enabled_ui(false, |ui| ui.button("Disabled"));
            danger_button(ui, "Delete");
        });
        link_button(ui, "Why?");
        ui.label(egui::RichText::new("SELECT vin, count(*) -> rows").monospace());
    }

    fn dock(&mut self, ui: &mut Ui) {
        let tabs = [
            Tab::new(0, t("dock.data")).icon(Icon::Table),
            Tab::new(1, "Watermarks").icon(Icon::Watermark),
            Tab::new(2, "Checkpoints").icon(Icon::Checkpoint),
            Tab::new(3, t("dock.problems")).icon(Icon::Warning).count(2),
        ];
        tab_strip(ui, &mut self.dock_tab, &tabs);
        if self.dock_tab == 0 {
            ui.horizontal_wrapped(|ui| {
                let color = Tokens::of(ui).colors.text.normal;
                for icon in Icon::ALL {
                    icon.show(ui, 20.0, color).on_hover_text(icon.name());
                }
            });
        } else {
            empty_state(
                ui,
                Icon::Table,
                t("data.empty_title"),
                t("data.empty_sentence"),
                Some(t("canvas.open_sample")),
            );
        }
    }

    fn canvas(&mut self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let painter = ui.painter_at(rect);
        for x in 0..(rect.width() / 16.0) as usize {
            for y in 0..(rect.height() / 16.0) as usize {
                let color = if x % 4 == 0 && y % 4 == 0 { colors.grid.major } else { colors.grid.minor };
                painter.circle_filled(rect.min + vec2(x as f32, y as f32) * 16.0, 1.0, color);
            }
        }
        let at = |x: f32, y: f32| rect.min + vec2(x, y);
        for (idx, (_, color)) in colors.wire.named().into_iter().enumerate() {
            let y = 60.0 + 12.0 * idx as f32;
            painter.line_segment([at(240.0, y), at(320.0, y)], Stroke::new(2.0, color));
        }
        for (idx, (name, color)) in colors.category.named().into_iter().enumerate() {
            let place = Rect::from_min_size(
                at(32.0 + 310.0 * (idx % 3) as f32, 56.0 + 124.0 * (idx / 3) as f32),
                vec2(200.0, 96.0),
            );
            node(&painter, place, tokens, name, color, idx == 4);
        }
        for idx in 0..40 {
            let place = Rect::from_min_size(at(32.0 + 12.0 * idx as f32, 430.0), Vec2::splat(12.0));
            painter.rect_filled(place, 0, colors.heat(idx as f32 / 39.0));
        }
        for idx in 0..8 {
            painter.circle_filled(at(540.0 + 18.0 * idx as f32, 436.0), 6.0, colors.series(idx));
        }
        ui.put(Rect::from_min_size(at(16.0, 10.0), vec2(500.0, 30.0)), |ui: &mut Ui| {
            let lenses = [t("lens.rate"), "Busy", t("lens.queue"), t("lens.watermark"), t("lens.late")];
            let lenses: Vec<_> = lenses.into_iter().enumerate().collect();
            ui.horizontal(|ui| segmented(ui, &mut self.lens, &lenses)).response
        });
    }
}

fn node(painter: &egui::Painter, rect: Rect, tokens: &Tokens, name: &str, color: Color32, selected: bool) {
    let colors = &tokens.colors;
    let shadow = tokens.shadow.popup.with_color(colors.shadow.popup);
    painter.add(shadow.as_shape(rect, tokens.radius.lg));
    painter.rect_filled(rect, tokens.radius.lg, colors.surface.raised);
    let (width, line) = if selected { (2.0, colors.accent.line) } else { (1.0, colors.surface.outline) };
    painter.rect_stroke(rect, tokens.radius.lg, Stroke::new(width, line), egui::StrokeKind::Outside);
    painter.rect_filled(Rect::from_min_size(rect.min + vec2(12.0, 12.0), vec2(3.0, 18.0)), 2, color);
    Icon::Tumble.paint(painter, Rect::from_min_size(rect.min + vec2(22.0, 12.0), Vec2::splat(18.0)), color);
    let text = |x: f32, y: f32, text: &str, font, color| {
        painter.text(rect.min + vec2(x, y), Align2::LEFT_TOP, text, font, color);
    };
    text(46.0, 13.0, name, fonts::semibold(13.0), colors.text.strong);
    text(12.0, 40.0, "TUMBLE 5 min · by vin", egui::FontId::proportional(11.0), colors.text.dim);
    text(
        12.0,
        60.0,
        &format!("{} → {}", short_rate(12_300.0), short_rate(41.0)),
        egui::FontId::monospace(11.0),
        colors.text.normal,
    );
    painter.circle_filled(pos2(rect.right() - 16.0, rect.top() + 20.0), 4.0, colors.status.running);
    let bar = Rect::from_min_size(rect.left_bottom() + vec2(12.0, -14.0), vec2(rect.width() - 24.0, 4.0));
    paint_load_bar(painter, bar, tokens, LoadShare { busy: 0.5, blocked: 0.3 });
}

fn transport(ui: &mut Ui) {
    let colors = &Tokens::of(ui).colors;
    ui.horizontal_centered(|ui| {
        for (icon, name) in
            [(Icon::StepBack, "Step back"), (Icon::Play, "Play"), (Icon::StepForward, "Step forward")]
        {
            ui.add(IconButton::new(icon, name).size(32.0).filled().shortcut("Space"));
        }
        ui.add(IconButton::new(Icon::Loop, "Loop the selected range").size(32.0).selected(true));
        ui.label(
            egui::RichText::new(clock(1_357_034_400_250)).monospace().size(16.0).color(colors.text.strong),
        );
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
        ui.painter().rect_filled(rect, 6, colors.surface.input);
        for idx in 0..(rect.width() / 4.0) as usize {
            let height = 8.0 + 10.0 * (idx as f32 * 0.11).sin().abs() + (idx * 31 % 9) as f32;
            let bar = Rect::from_min_max(
                pos2(rect.left() + idx as f32 * 4.0, rect.bottom() - height),
                pos2(rect.left() + idx as f32 * 4.0 + 3.0, rect.bottom()),
            );
            ui.painter().rect_filled(
                bar,
                1,
                if idx % 17 == 0 { colors.status.late } else { colors.wire.append },
            );
        }
        let x = rect.left() + rect.width() * 0.6;
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, colors.playhead));
    });
}

fn status_bar(ui: &mut Ui) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        Tone::Running.show(ui);
        for text in [
            t("status.running").to_owned(),
            rate(41_200.0),
            lag(-4200),
            bytes(19_293_798),
            count(12_431),
            t_count("problems.count", 2),
        ] {
            ui.label(egui::RichText::new(text).small());
        }
    });
}
