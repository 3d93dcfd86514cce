using Puzzle.Core.Telemetry;
using Spectre.Console;

namespace Puzzle.Cli.Screens;

/// <summary>One live table on a terminal: a line for each stage, the running one with its numbers. Drawn by a thread of its own.</summary>
internal sealed class LiveScreen : IProgressScreen, IDisposable
{
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(200);
    private readonly IAnsiConsole _console;
    private readonly Lock _gate = new();
    private readonly List<(string Stage, string State)> _ended = [];
    private readonly List<string> _lines = [];
    private readonly ManualResetEventSlim _stop = new();
    private Thread? _drawer;
    private ProgressSnapshot? _now;
    private string? _running;

    public LiveScreen(IAnsiConsole console) => _console = console;

    public void StageBegan(string stage, string purpose)
    {
        lock (_gate)
            (_running, _now) = (stage, null);
        Start();
    }

    public void Update(ProgressSnapshot snapshot)
    {
        lock (_gate)
            _now = snapshot;
        Start();
    }

    public void StageEnded(string stage, TimeSpan took, bool reused)
    {
        lock (_gate)
        {
            _ended.Add((stage, reused ? "[dim]there already[/]" : $"[green]done[/] in {ProgressText.Duration(took)}"));
            (_running, _now) = (null, null);
        }

        Start();
    }

    public void Line(string? stage, string text, bool warning)
    {
        lock (_gate)
            _lines.Add($"{(warning ? "[yellow]warning[/] " : "")}{(stage is null ? "" : $"[dim]{Markup.Escape(stage)}[/] ")}{Markup.Escape(text)}");
        Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _drawer?.Join();
        _drawer = null;
    }

    private void Start()
    {
        if (_drawer is not null || _stop.IsSet)
            return;
        _drawer = new Thread(Draw) { IsBackground = true, Name = "screen" };
        _drawer.Start();
    }

    private void Draw() => _console.Live(Table()).Start(live =>
    {
        bool last;
        do
        {
            last = _stop.Wait(s_frame);
            List<string> lines;
            lock (_gate)
            {
                lines = [.. _lines];
                _lines.Clear();
            }

            foreach (var line in lines)
                _console.MarkupLine(line);
            live.UpdateTarget(Table());
            live.Refresh();
        }
        while (!last);
    });

    private Grid Table()
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn(new GridColumn());
        lock (_gate)
        {
            foreach (var (stage, state) in _ended)
                grid.AddRow(Markup.Escape(stage), state);
            if ((_running ?? _now?.Stage) is { Length: > 0 } running)
                grid.AddRow($"[bold]{Markup.Escape(running)}[/]", _now is null ? "..." : $"{Bar(_now)}{Markup.Escape(ProgressText.Of(_now))}");
        }

        return grid;
    }

    private static string Bar(ProgressSnapshot now)
    {
        if (now.Total <= 0)
            return "";
        const int width = 20;
        var filled = (int)Math.Clamp(now.Done * width / now.Total, 0, width);
        return $"[green]{new string('━', filled)}[/][dim]{new string('━', width - filled)}[/] ";
    }
}
