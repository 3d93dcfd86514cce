namespace Puzzle.Core.Checkpoints;

/// <summary>Which layers of a family a <c>sliding_window</c> in its configuration is for.</summary>
public enum SlidingWindowRule
{
    /// <summary>None: the key means nothing.</summary>
    None,

    /// <summary>All layers.</summary>
    EveryLayer,

    /// <summary>Layers from <c>max_window_layers</c> on, where <c>use_sliding_window</c> is true.</summary>
    FromMaxWindowLayers,
}
