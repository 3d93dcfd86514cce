using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Serving.Bench;
using Puzzle.Serving.Engine;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle bench latency|throughput MODEL</c>: speed of a model on the engine, with vLLM's options, definitions and fields.</summary>
internal sealed class BenchVerb : Verb
{
    private readonly Argument<string> _model = Arguments.Model();
    private readonly Option<int> _input = Count("--input-len", "Tokens of a prompt.", 32);
    private readonly Option<int> _longInput = Count("--input-len", "Tokens of a prompt.", 128);
    private readonly Option<int> _output = Count("--output-len", "New tokens of a request; ends of texts are ignored.", 128);
    private readonly Option<int> _batch = Count("--batch-size", "Requests at once.", 8);
    private readonly Option<int> _warmup = Count("--num-iters-warmup", "Runs that do not count.", 10);
    private readonly Option<int> _iterations = Count("--num-iters", "Runs that count.", 30);
    private readonly Option<int> _prompts = Count("--num-prompts", "Requests, all given at once.", 1000);
    private readonly Option<int> _sequences = Count("--max-num-seqs", "Sequences in a batch.", 32);
    private readonly Option<double> _range = new("--random-range-ratio") { Description = "Lengths are drawn between (1 - R) and (1 + R) times those given.", HelpName = "R", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _chunk = Count("--max-num-batched-tokens", "Tokens of a pass.", 512);
    private readonly Option<bool> _noText = new("--disable-detokenize") { Description = "Make no text of the ids while the time runs." };
    private readonly Option<int> _seed = Count("--seed", "Of prompts and draws.", 0);
    private readonly Option<string?> _file = new("--output-json") { Description = "Write the results to a file too.", HelpName = "FILE" };
    private readonly Option<string> _weights = Arguments.Weights();
    private readonly Option<int> _threads = Arguments.Threads();

    public override string Name => "bench";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle bench latency path/to/model --batch-size 1 --input-len 128 --output-len 32",
        "puzzle bench throughput path/to/model --num-prompts 64 --input-len 128 --output-len 64 --json",
        "puzzle bench latency runs/quickstart/child --weights bf16 --output-json latency.json",
    ];

    protected override Command Describe() => new(Name, "Time a model on the engine: vLLM's options, definitions and JSON fields, and how much of the machine is used.")
    {
        new Command("latency", "Seconds from a batch of prompts to its last token.") { _model, _input, _output, _batch, _warmup, _iterations, _chunk, _noText, _seed, _file, _weights, _threads },
        new Command("throughput", "Requests and tokens a second, all requests given at once.") { _model, _longInput, _output, _prompts, _range, _sequences, _chunk, _noText, _seed, _file, _weights, _threads },
    };

    protected override int Run(Session session, ParseResult parsed)
    {
        var isLatency = parsed.CommandResult.Command.Name == "latency";
        var type = Arguments.WeightsOf(parsed.GetValue(_weights)!);
        var options = new EngineOptions { Threads = Arguments.ThreadsOf(parsed.GetValue(_threads)), Weights = type, ChunkTokens = Math.Max(1, parsed.GetValue(_chunk)) };
        using var served = ServedModel.Open(parsed.GetValue(_model)!, type, needsTokenizer: false);
        var tokenizer = parsed.GetValue(_noText) ? null : served.Tokenizer;
        var report = new BenchReport(session, served, options, parsed.GetValue(_file));
        if (!isLatency)
        {
            return report.Throughput(tokenizer, new ThroughputSettings
            {
                InputLen = parsed.GetValue(_longInput),
                OutputLen = parsed.GetValue(_output),
                NumPrompts = parsed.GetValue(_prompts),
                RandomRangeRatio = parsed.GetValue(_range),
                MaxNumSeqs = parsed.GetValue(_sequences),
                Seed = parsed.GetValue(_seed),
            });
        }

        return report.Latency(tokenizer, new LatencySettings
        {
            InputLen = parsed.GetValue(_input),
            OutputLen = parsed.GetValue(_output),
            BatchSize = parsed.GetValue(_batch),
            NumItersWarmup = parsed.GetValue(_warmup),
            NumIters = parsed.GetValue(_iterations),
            Seed = parsed.GetValue(_seed),
        });
    }

    private static Option<int> Count(string name, string description, int value) => new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
}
