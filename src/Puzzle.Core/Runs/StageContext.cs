using Puzzle.Core.Recipes;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Runs;

/// <summary>What a running stage works with: the run, its own folder, its units of work.</summary>
public sealed class StageContext
{
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    internal StageContext(RunContext run, IStage stage, string key)
    {
        (Run, Name, Key) = (run, stage.Name, key);
        Folder = run.Folder.Of(stage.Name);
        Directory.CreateDirectory(Folder);
    }

    /// <summary>What all stages share.</summary>
    public RunContext Run { get; }

    /// <summary>The stage's name.</summary>
    public string Name { get; }

    /// <summary>The hash of everything the stage depends on.</summary>
    public string Key { get; }

    /// <summary>The stage's folder.</summary>
    public string Folder { get; }

    /// <summary>The recipe.</summary>
    public Recipe Recipe => Run.Recipe;

    /// <summary>Progress, notes and warnings.</summary>
    public RunProgress Progress => Run.Progress;

    /// <summary>Asked between steps.</summary>
    public CancellationToken Cancellation => Run.Cancellation;

    /// <summary>Files and folders that the stage put elsewhere in the run folder.</summary>
    internal List<string> Elsewhere { get; } = [];

    /// <summary>A path in the stage's folder; the file is one of its artefacts.</summary>
    public string File(params string[] parts)
    {
        var path = Path.Combine([Folder, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _kept.Add(path);
        return path;
    }

    /// <summary>A path of an earlier stage.</summary>
    public string FileOf(string stage, params string[] parts) => Path.Combine([Run.Folder.Of(stage), .. parts]);

    /// <summary>A path at the top of the run folder (<c>child</c>, <c>report.html</c>) that belongs to this stage.</summary>
    public string TopLevel(string name)
    {
        Elsewhere.Add(name);
        return Path.Combine(Run.Folder.Path, name);
    }

    /// <summary>A part of the stage's work that is kept on its own, so that neither a kill nor a changed recipe costs the rest.</summary>
    /// <param name="name">Path without extension, for example <c>layer-17/attention.gqa_2</c>.</param>
    /// <param name="key">Everything this part depends on; the code version should be among it.</param>
    public WorkUnit Unit(string name, ContentKey key)
    {
        var unit = new WorkUnit(Path.Combine(Folder, name), key.ToString(), file => _kept.Add(file));
        _kept.Add(unit.Marker);
        foreach (var file in unit.Files)
            _kept.Add(file);
        return unit;
    }

    /// <summary>The saved states of a long training loop.</summary>
    public SavedStates States(string name, ContentKey key) => new(Path.Combine(Folder, "states", name), key.ToString());

    /// <summary>Records numbers of one step under <c>stage/name</c>.</summary>
    public void Metric(long step, params ReadOnlySpan<(string Name, double Value)> values) => Run.Metrics?.Write(Name, step, values);

    /// <summary>Removes what earlier recipes left in the stage's folder and no unit of this one uses.</summary>
    internal void RemoveLeftovers()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            if (!_kept.Contains(file) && !IsInKeptFolder(file) && Path.GetFileName(file) != RunFolder.DoneFile)
                System.IO.File.Delete(file);
        }

        foreach (var folder in Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories).OrderByDescending(f => f.Length))
        {
            if (!Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        }
    }

    // File("child") may name a folder: all in it is kept.
    private bool IsInKeptFolder(string file)
    {
        for (var folder = Path.GetDirectoryName(file); folder is not null && folder.Length > Folder.Length; folder = Path.GetDirectoryName(folder))
        {
            if (_kept.Contains(folder))
                return true;
        }

        return false;
    }
}
