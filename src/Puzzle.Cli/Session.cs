using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Puzzle.Cli.Screens;
using Puzzle.Core.Telemetry;
using Spectre.Console;

namespace Puzzle.Cli;

/// <summary>One invocation of a verb: where its results and its talk go, and whether the user has had enough.</summary>
internal sealed class Session : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new FiniteOrNull() },
    };

    private readonly CancellationTokenSource _cancellation = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly IDisposable? _screen;

    public Session(ParseResult parsed, TextWriter output, TextWriter error)
    {
        (Output, Error) = (output, error);
        (Json, Quiet, Verbose) = (parsed.GetValue(GlobalOptions.Json), parsed.GetValue(GlobalOptions.Quiet), parsed.GetValue(GlobalOptions.Verbose));
        Results = Terminals.Create(Json ? error : output, Json ? Terminals.ErrorIsTerminal : Terminals.OutputIsTerminal);
        Talk = Terminals.Create(error, Terminals.ErrorIsTerminal);
        IProgressScreen screen = Quiet ? new QuietScreen(error) : Terminals.ErrorIsTerminal ? new LiveScreen(Talk) : new PlainScreen(error, Verbose);
        _screen = screen as IDisposable;
        Progress = new RunProgress(screen);
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
            _signals.Add(PosixSignalRegistration.Create(signal, Interrupted));
    }

    /// <summary>Whether the last line of stdout is to be a JSON document.</summary>
    public bool Json { get; }

    public bool Quiet { get; }

    public bool Verbose { get; }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    /// <summary>For what the verb was asked for: stdout, or stderr where stdout belongs to JSON.</summary>
    public IAnsiConsole Results { get; }

    /// <summary>For everything else: stderr.</summary>
    public IAnsiConsole Talk { get; }

    public RunProgress Progress { get; }

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Ends the verb: the JSON document where it is asked for.</summary>
    public int Done(object document)
    {
        CloseScreen();
        WriteJson(document);
        return 0;
    }

    /// <summary>The document on the last line of stdout, where JSON is asked for.</summary>
    public void WriteJson(object document)
    {
        if (Json)
            Output.WriteLine(document as string ?? JsonSerializer.Serialize(document, s_json));
    }

    /// <summary>Takes the live table off the terminal, so that what follows stands below it.</summary>
    public void CloseScreen() => _screen?.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseScreen();
        foreach (var signal in _signals)
            signal.Dispose();
        _cancellation.Dispose();
    }

    private void Interrupted(PosixSignalContext signal)
    {
        // The second time the system's own way is taken: the process ends at once. What is on disk is whole either way.
        if (_cancellation.IsCancellationRequested)
            return;
        signal.Cancel = true;
        Error.WriteLine("stopping after this step (once more to stop at once); finished work is kept");
        _cancellation.Cancel();
    }

    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
