using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Data;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;

namespace Puzzle.Benchmarks;

/// <summary>
/// The paper's ablations in miniature on the quickstart's parent, one small child in all of them: tokens of distillation, coupled
/// against decoupled, and the eight rows of the healing loss. What is done is kept, so that an interrupted run goes on.
/// </summary>
internal sealed class AblationBenchmark : IBenchmark
{
    private const int Seeds = 3;
    private const long Tokens = AblationStudy.DistillTokens;

    public string Name => "ablations";

    public string Purpose => "tokens of distillation, coupled against decoupled and the eight healing losses on the quickstart's parent, three seeds";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var recipe = RecipeReader.Read<Recipe>(Path.Combine(context.Root, "recipes", "quickstart.yaml"), []);
        using var checkpoint = CheckpointFile.Open(recipe.Parent);
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        var cache = new LayerCache<double>(context, $"ablations-{checkpoint.ContentHash[..8]}");
        var values = new Dictionary<string, double[]>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var text = TrainingText.Read(recipe.Data, tokenizer, seed);
            using var study = new AblationStudy(parent, text);
            Note("no training", () => study.Distilled(0));
            foreach (var tokens in new[] { Tokens / 4, Tokens, 2 * Tokens })
                Note(Budget(tokens), () => study.Distilled(tokens));
            Note("coupled", () => study.Distilled(Tokens, coupled: true));
            Note("target subblock", () => study.Distilled(Tokens, options => options with { BlockTarget = false }));
            Note("plain mse", () => study.Distilled(Tokens, options => options with { PerToken = false }));
            Note("elastic widths", () => study.Distilled(Tokens, options => options with { ElasticWidths = 3 }));
            using var stitched = new Lazily<Transformer>(() => study.Distilled(Tokens));
            foreach (var (lm, cosine, kl) in new[] { (0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1) })
                Note(Loss(lm, cosine, kl), () => study.Healed(stitched.Value, lm, cosine, kl));

            void Note(string what, Func<Transformer> child)
            {
                var kl = cache.Get($"{seed} {what}", () =>
                {
                    using var made = child();
                    return study.Judge(made);
                });
                context.Say($"seed {seed}: {what}: {Text(kl)}");
                values[what] = [.. values.GetValueOrDefault(what, []), kl];
            }
        }

        var effects = new (string What, string With, string Without)[]
        {
            ("4 times the tokens of distillation", Budget(Tokens), Budget(Tokens / 4)),
            ("twice the tokens again", Budget(2 * Tokens), Budget(Tokens)),
            ("coupled instead of decoupled", "coupled", Budget(Tokens)),
            ("target subblock instead of block", "target subblock", Budget(Tokens)),
            ("plain mse instead of mse_per_token", "plain mse", Budget(Tokens)),
            ("one set of weights for three widths", "elastic widths", Budget(Tokens)),
            ("healing by LM alone", Loss(1, 0, 0), Loss(0, 0, 0)),
            ("healing by cosine alone", Loss(0, 1, 0), Loss(0, 0, 0)),
            ("healing by KL alone", Loss(0, 0, 1), Loss(0, 0, 0)),
            ("cosine added to KL", Loss(0, 1, 1), Loss(0, 0, 1)),
            ("LM added to KL", Loss(1, 0, 1), Loss(0, 0, 1)),
            ("LM added to cosine and KL", Loss(1, 1, 1), Loss(0, 1, 1)),
        };
        return new BenchmarkResult
        {
            Metrics = values.ToDictionary(value => value.Key.Replace(' ', '_'), value => value.Value.Average()),
            Tables =
            [
                new BenchmarkTable($"The quickstart's parent, every layer {AblationStudy.Child}: KL on {AblationStudy.JudgeTokens} held-out tokens", ["what", "mean of three seeds", "seeds"],
                    [.. values.Select(value => (IReadOnlyList<string>)[value.Key, Text(value.Value.Average()), string.Join(" ", value.Value.Select(Text))])]),
                new BenchmarkTable("Effects on the KL", ["effect", "mean", "sign"], [.. effects.Select(effect =>
                {
                    var differences = values[effect.With].Zip(values[effect.Without], (with, without) => with - without).ToArray();
                    var sign = differences.All(d => d < 0) ? "lowers it with every seed" : differences.All(d => d > 0) ? "raises it with every seed" : "no clear sign";
                    return (IReadOnlyList<string>)[effect.What, differences.Average().ToString("+0.0000;-0.0000", CultureInfo.InvariantCulture), sign];
                })]),
            ],
            Notes =
            [
                $"seeds are orders of the training text; target block unless said otherwise; healing: {AblationStudy.HealTokens} tokens after {Tokens} of decoupled distillation; coupled counts tokens a pair, decoupled tokens a subblock",
                $"parent {checkpoint.ContentHash[..8]}",
            ],
        };
    }

    private static string Budget(long tokens) => $"decoupled, {tokens} tokens";

    private static string Loss(int lm, int cosine, int kl) => $"healed, LM {Sign(lm)} cosine {Sign(cosine)} KL {Sign(kl)}";

    private static string Sign(int on) => on == 1 ? "+" : "-";

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
