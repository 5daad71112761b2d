using System.Numerics;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>A smooth field of displacements: a uniform quadratic B-spline over a few random vectors, tabulated every four pixels.</summary>
internal sealed class BendField
{
    private const int Step = 4;
    private readonly Vector2[] _table;
    private readonly int _columns;
    private readonly int _rows;
    private readonly int _margin;

    /// <summary>Draws a field.</summary>
    /// <param name="texture">The plane that it covers; outside, it is the identity.</param>
    /// <param name="cell">Pixels between the random vectors, above 0.</param>
    /// <param name="amplitude">The most displacement per axis, pixels.</param>
    /// <param name="random">Advanced.</param>
    public BendField(LayerTexture texture, float cell, float amplitude, ref SplitMix64 random)
    {
        (_columns, _rows, _margin) = ((texture.Width / Step) + 2, (texture.Height / Step) + 2, LayerTexture.Margin);
        int across = (int)(texture.Width / cell) + 4;
        int down = (int)(texture.Height / cell) + 4;
        var vectors = new Vector2[across * down];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = amplitude * new Vector2(Drawn.Signed(ref random), Drawn.Signed(ref random));
        }

        _table = new Vector2[_columns * _rows];
        for (int row = 0; row < _rows; row++)
        {
            for (int column = 0; column < _columns; column++)
            {
                _table[(row * _columns) + column] = Spline(vectors, across, column * Step / cell, row * Step / cell);
            }
        }

        Reach = amplitude * MathF.Sqrt(2);
    }

    /// <summary>No displacement is longer, pixels.</summary>
    public float Reach { get; }

    /// <summary>The displacement at a place of the layer.</summary>
    public Vector2 this[Vector2 q]
    {
        get
        {
            float x = Math.Clamp((q.X + _margin) / Step, 0, _columns - 1.001f);
            float y = Math.Clamp((q.Y + _margin) / Step, 0, _rows - 1.001f);
            (int column, int row) = ((int)x, (int)y);
            int at = (row * _columns) + column;
            var above = Vector2.Lerp(_table[at], _table[at + 1], x - column);
            var below = Vector2.Lerp(_table[at + _columns], _table[at + _columns + 1], x - column);
            return Vector2.Lerp(above, below, y - row);
        }
    }

    private static Vector2 Spline(Vector2[] vectors, int across, float x, float y)
    {
        (int column, int row) = ((int)x, (int)y);
        (Vector3 horizontal, Vector3 vertical) = (Weights(x - column), Weights(y - row));
        Vector2 sum = Vector2.Zero;
        for (int i = 0; i < 9; i++)
        {
            sum += vectors[((row + (i / 3)) * across) + column + (i % 3)] * horizontal[i % 3] * vertical[i / 3];
        }

        return sum;
    }

    private static Vector3 Weights(float t) => new((1 - t) * (1 - t) / 2, 0.5f + (t * (1 - t)), t * t / 2);
}
