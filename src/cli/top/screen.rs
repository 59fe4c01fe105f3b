//! What `top` draws.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Sparkline, Table, TableState, Wrap};

use super::format::count;
use super::history::{Figures, History};
use super::words::{INSTANCE_COLUMNS, facts, headline, instance_row, throughput};

/// As many points as the widest terminal has columns.
const POINTS: usize = 512;
/// Points are whole numbers to the widget; a thousandth of an article a second is near enough.
const POINT_SCALE: f64 = 1_000.0;

/// What the user looks at.
#[derive(Debug)]
pub(super) struct View {
    /// 0: all instances together; otherwise the number of one, from 1.
    pub(super) selected: usize,
    /// The first partition in sight.
    pub(super) first_partition: usize,
    pub(super) is_paused: bool,
    /// Articles a second, the latest last: of all, then of each instance.
    points: Vec<VecDeque<f64>>,
}

impl View {
    pub(super) fn new(instances: usize) -> Self {
        Self {
            selected: 0,
            first_partition: 0,
            is_paused: false,
            points: vec![VecDeque::new(); instances + 1],
        }
    }

    /// Remembers the throughput of this moment.
    pub(super) fn add_points(&mut self, histories: &[History]) {
        let all = Figures::of(histories);
        let each = histories.iter().map(History::figures);
        for (figures, points) in std::iter::once(all).chain(each).zip(&mut self.points) {
            points.push_back(figures.rates.map_or(0.0, |rates| rates.enriched));
            if points.len() > POINTS {
                points.pop_front();
            }
        }
    }

    pub(super) fn select_next(&mut self) {
        self.selected = (self.selected + 1).min(self.points.len() - 1);
        self.first_partition = 0;
    }

    pub(super) fn select_previous(&mut self) {
        self.selected = self.selected.saturating_sub(1);
        self.first_partition = 0;
    }
}

/// Draws everything. `now` is in seconds since 1970.
pub(super) fn draw(frame: &mut Frame, histories: &[History], view: &View, now: f64) {
    let figures = match view.selected.checked_sub(1).and_then(|index| histories.get(index)) {
        Some(history) => history.figures(),
        None => Figures::of(histories),
    };
    // Head, instances and their borders; a terminal with few lines keeps some for the rest.
    let instances =
        u16::try_from(histories.len() + 4).unwrap_or(u16::MAX).min(frame.area().height / 3).max(5);
    let [head, top, middle, bottom, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(5),
        Constraint::Fill(1),
        Constraint::Length(instances),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(34)]).areas(middle);
    draw_head(frame, head, histories, view);
    draw_throughput(frame, top, &figures, view);
    draw_facts(frame, left, &figures, now);
    draw_partitions(frame, right, &figures, view);
    draw_instances(frame, bottom, histories, view, now);
    let help = "q quit   p pause   up/down all or one instance   left/right partitions";
    frame.render_widget(Line::from(help).dim(), keys);
}

fn draw_head(frame: &mut Frame, area: Rect, histories: &[History], view: &View) {
    let all = Figures::of(histories);
    let is_good = all.answering == all.instances && all.ready == all.instances;
    let mut spans = vec![
        Span::from("tonewire top  ").bold(),
        Span::styled(headline(&all), if is_good { Style::new() } else { bad() }),
    ];
    if view.is_paused {
        spans.push(Span::from("  PAUSED").bold().reversed());
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_throughput(frame: &mut Frame, area: Rect, figures: &Figures, view: &View) {
    let block = Block::bordered().title(format!(" {} ", throughput(figures)));
    let width = usize::from(block.inner(area).width);
    let points = view.points.get(view.selected).into_iter().flatten();
    let skipped = view.points.get(view.selected).map_or(0, |points| points.len().saturating_sub(width));
    let data: Vec<u64> = points.skip(skipped).map(|rate| point(*rate)).collect();
    frame.render_widget(Sparkline::default().block(block).data(data).style(Color::Cyan), area);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are small and never negative"
)]
fn point(rate: f64) -> u64 {
    (rate.max(0.0) * POINT_SCALE) as u64
}

fn draw_facts(frame: &mut Frame, area: Rect, figures: &Figures, now: f64) {
    let of = |fact: super::words::Fact| {
        let text = Span::styled(fact.text, if fact.is_bad { bad() } else { Style::new() });
        Line::from(vec![Span::from(format!("{:<13}", fact.name)).dim(), text])
    };
    let lines: Vec<Line> = match figures.answering {
        0 => vec![Line::styled("no answer yet; asking again", bad())],
        _ => facts(figures, now).into_iter().map(of).collect(),
    };
    let block = Block::bordered().title(" figures ");
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

fn draw_partitions(frame: &mut Frame, area: Rect, figures: &Figures, view: &View) {
    let height = usize::from(area.height.saturating_sub(2)).max(1);
    let first = view.first_partition.min(figures.lag.len().saturating_sub(height));
    let shown = figures.lag.iter().skip(first).take(height);
    let rows = shown.map(|(partition, lag)| {
        let lag_text = Line::from(count(*lag)).right_aligned();
        Row::new([Line::from(format!("{}/{}", partition.topic, partition.number)), lag_text])
    });
    let hidden = figures.lag.len().saturating_sub(height);
    let title = if hidden > 0 { format!(" lag (more: {hidden}) ") } else { " lag ".to_owned() };
    let table = Table::new(rows, [Constraint::Fill(1), Constraint::Length(11)]);
    frame.render_widget(table.block(Block::bordered().title(title)), area);
}

fn draw_instances(frame: &mut Frame, area: Rect, histories: &[History], view: &View, now: f64) {
    let all = Row::new([Line::from(format!("all {}", histories.len()))]);
    let rows = histories.iter().map(|history| match instance_row(history, now) {
        Ok(cells) if cells[1] == "yes" => Row::new(cells),
        Ok(cells) => Row::new(cells).style(bad()),
        // The reason is longer than a column: it has the line below the table's for itself.
        Err(problem) => Row::new([history.name.clone(), format!("no: {problem}")]).style(bad()),
    });
    let widths = [22, 12, 10, 9, 10, 7, 12, 11, 5, 8].map(Constraint::Length);
    let table = Table::new(std::iter::once(all).chain(rows), widths)
        .header(Row::new(INSTANCE_COLUMNS).dim())
        .row_highlight_style(Style::new().reversed())
        .block(Block::bordered().title(problem_title(histories, view, now)));
    let mut state = TableState::new().with_selected(view.selected);
    frame.render_stateful_widget(table, area, &mut state);
}

/// Why the instance that is looked at does not answer, or else the first that does not.
fn problem_title(histories: &[History], view: &View, now: f64) -> Line<'static> {
    let selected = view.selected.checked_sub(1).and_then(|index| histories.get(index));
    let problem = selected.into_iter().chain(histories).find_map(|history| {
        instance_row(history, now).err().map(|problem| format!("{}: {problem}", history.name))
    });
    match problem {
        None => Line::from(" instances "),
        Some(problem) => Line::styled(format!(" {problem}; asking again "), bad()),
    }
}

fn bad() -> Style {
    Style::new().fg(Color::Red).bold()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::test_scrapes::{later, not_ready, reading, scrape};
    use super::*;

    const NOW: f64 = 1_790_000_097.0;

    fn three() -> Vec<History> {
        let mut one = History::new("127.0.0.1:9464".to_owned());
        one.add(Duration::ZERO, Ok(reading(&scrape())));
        one.add(Duration::from_secs(5), Ok(reading(&later())));
        let mut two = History::new("127.0.0.1:9465".to_owned());
        two.add(Duration::ZERO, Ok(reading(&not_ready())));
        let mut three = History::new("127.0.0.1:9466".to_owned());
        three.add(Duration::ZERO, Err("nothing listens there".to_owned()));
        vec![one, two, three]
    }

    fn drawn(width: u16, height: u16, histories: &[History], view: &View) -> TestBackend {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, histories, view, NOW)).unwrap();
        terminal.backend().clone()
    }

    fn watched(histories: &[History]) -> View {
        let mut view = View::new(histories.len());
        for _ in 0..3 {
            view.add_points(histories);
        }
        view
    }

    #[test]
    fn all_instances_are_shown_with_their_sum() {
        let histories = three();
        insta::assert_snapshot!(drawn(120, 26, &histories, &watched(&histories)));
    }

    #[test]
    fn one_instance_can_be_looked_at() {
        let histories = three();
        let mut view = watched(&histories);
        view.select_next();
        view.is_paused = true;
        insta::assert_snapshot!(drawn(120, 26, &histories, &view));
    }

    #[test]
    fn a_small_terminal_has_the_most_important_figures() {
        let histories = &three()[..1];
        insta::assert_snapshot!(drawn(80, 24, histories, &watched(histories)));
    }

    #[test]
    fn nobody_there_is_said_with_the_reason() {
        let mut one = History::new("127.0.0.1:9464".to_owned());
        one.add(Duration::ZERO, Err("nothing listens there".to_owned()));
        insta::assert_snapshot!(drawn(80, 24, &[one], &View::new(1)));
    }

    #[test]
    fn no_size_of_a_terminal_is_too_small_and_no_selection_too_far() {
        let histories = three();
        let mut view = watched(&histories);
        for _ in 0..9 {
            view.select_next();
        }
        view.first_partition = 99;
        assert_eq!(view.selected, 3);
        for (width, height) in [(1, 1), (10, 3), (40, 10), (300, 100)] {
            drawn(width, height, &histories, &view);
        }
        for _ in 0..9 {
            view.select_previous();
        }
        assert_eq!(view.selected, 0);
    }
}
