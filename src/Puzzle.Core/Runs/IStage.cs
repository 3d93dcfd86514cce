namespace Puzzle.Core.Runs;

/// <summary>One stage of a run. It reads the folders of earlier stages, writes its own, and can be stopped at any moment.</summary>
public interface IStage
{
    /// <summary>One word, the same for the verb, the folder, the metric's prefix and the report's heading.</summary>
    string Name { get; }

    /// <summary>What it does, in one line, for help and plans.</summary>
    string Purpose { get; }

    /// <summary>Raised when the code changes what comes out: results of other versions are made anew.</summary>
    int Version { get; }

    /// <summary>Stages whose results it reads.</summary>
    IReadOnlyList<string> Needs { get; }

    /// <summary>Adds what else the result depends on: parts of the recipe, hashes of weights and of data.</summary>
    void AddInputs(ContentKey key, RunContext run);

    /// <summary>Refuses at the beginning of a run what this stage could not do at its end.</summary>
    /// <exception cref="Errors.PuzzleException">What is wrong.</exception>
    void Check(RunContext run)
    {
    }

    /// <summary>What it will take, as far as can be told without doing it.</summary>
    StageEstimate Estimate(RunContext run);

    /// <summary>Does the work. Sub-results that are there with the right key are kept (see <see cref="StageContext.Unit"/>).</summary>
    void Run(StageContext stage);
}
