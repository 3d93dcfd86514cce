using Puzzle.Core.Recipes;

namespace Puzzle.Core.Runs;

/// <summary>
/// Turns minutes into a number of tokens, once: the speed of this machine decides, the number is stored in the stage's
/// folder, and a resumed run trains on exactly as many.
/// </summary>
public sealed record TokenBudget
{
    /// <summary>Tokens to train on.</summary>
    public required long Tokens { get; init; }

    /// <summary>The minutes they come from, or null where the recipe gives tokens.</summary>
    public double? Minutes { get; init; }

    /// <summary>The speed that was measured for it.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>The budget of a training, from its tokens, its minutes, or the stage's default.</summary>
    /// <param name="stage">Where it is stored.</param>
    /// <param name="name">The file's name, for stages that train more than once.</param>
    /// <param name="training">The recipe's section.</param>
    /// <param name="byDefault">Tokens where the recipe says neither.</param>
    /// <param name="measure">Tokens per second of this training on this machine; called once, and only for minutes.</param>
    public static TokenBudget Settle(StageContext stage, string name, TrainingSection training, long byDefault, Func<double> measure)
    {
        if (training.Minutes is not { } minutes)
            return new TokenBudget { Tokens = training.Tokens?.Value ?? byDefault };
        var unit = stage.Unit(name, new ContentKey().Add("minutes", minutes).Add("step", training.TokensPerStep.Value).Add("stage", stage.Key));
        if (unit.IsDone)
            return unit.ReadRecord<TokenBudget>();
        var speed = measure();
        var steps = Math.Max(1, (long)(minutes * 60 * speed / training.TokensPerStep.Value));
        var budget = new TokenBudget { Tokens = steps * training.TokensPerStep.Value, Minutes = minutes, TokensPerSecond = speed };
        unit.Done(budget);
        stage.Progress.Note($"{minutes:G4} minutes are {budget.Tokens:N0} tokens at {speed:N0} tokens/s");
        return budget;
    }

    /// <summary>What <see cref="Settle"/> made of minutes in a stage that is done; null where tokens were given.</summary>
    public static TokenBudget? Settled(RunFolder folder, string stage, string name) =>
        AtomicFile.TryReadJson<Mark>(Path.Combine(folder.Of(stage), name + ".done.json"))?.Record;

    private sealed record Mark(TokenBudget? Record);
}
