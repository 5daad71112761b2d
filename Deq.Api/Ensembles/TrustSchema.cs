using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>The tables of a trust store, and how an older store becomes a newer one.</summary>
internal static class TrustSchema
{
    /// <summary>What turns version i into i + 1. Statements that shipped never change; a change is another entry.</summary>
    private static readonly string[] s_migrations =
    [
        """
        CREATE TABLE answers (id TEXT PRIMARY KEY, ensemble TEXT NOT NULL, label TEXT NOT NULL, believed REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE votes (
            answer TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE, member TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (answer, member)) WITHOUT ROWID;
        CREATE TABLE feedback (answer TEXT PRIMARY KEY REFERENCES answers (id), truth TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE trust (ensemble TEXT NOT NULL, member TEXT NOT NULL, "right" REAL NOT NULL, wrong REAL NOT NULL, PRIMARY KEY (ensemble, member)) WITHOUT ROWID;
        """,
        """
        CREATE TABLE imported (ensemble TEXT NOT NULL, member TEXT NOT NULL, "right" REAL NOT NULL, wrong REAL NOT NULL, PRIMARY KEY (ensemble, member)) WITHOUT ROWID;
        CREATE INDEX answers_by_time ON answers (at);
        """,

        // Whose an answer is, and which of that client's, while it waits for feedback; those of older servers are no client's and go by their age.
        """
        ALTER TABLE answers ADD COLUMN client TEXT;
        ALTER TABLE answers ADD COLUMN number INTEGER;
        CREATE INDEX answers_by_client ON answers (client, number) WHERE client IS NOT NULL;
        """,

        // The sums of belief against truth over all feedback ever given. An answer with feedback has no client, and as number which feedback of its ensemble it got.
        """
        CREATE TABLE belief (ensemble TEXT PRIMARY KEY, given INTEGER NOT NULL, believed REAL NOT NULL, "right" INTEGER NOT NULL, squares REAL NOT NULL) WITHOUT ROWID;
        INSERT INTO belief SELECT ensemble, COUNT(*), TOTAL(believed), SUM(label = truth), TOTAL((believed - (label = truth)) * (believed - (label = truth)))
            FROM feedback JOIN answers ON answers.id = feedback.answer GROUP BY ensemble;
        UPDATE answers SET number = settled.number
            FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY ensemble ORDER BY feedback.at, id) AS number FROM feedback JOIN answers ON answers.id = feedback.answer) AS settled
            WHERE settled.id = answers.id;
        DROP INDEX answers_by_time;
        CREATE INDEX answers_waiting ON answers (at) WHERE client IS NOT NULL OR number IS NULL;
        CREATE INDEX answers_settled ON answers (ensemble, number) WHERE client IS NULL AND number IS NOT NULL;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Newest => s_migrations.Length;

    /// <summary>Brings a store to the newest version, all or nothing.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="upTo">The version to stop at.</param>
    /// <exception cref="TrustStoreException">The store is of a newer program.</exception>
    public static void Migrate(SqliteConnection connection, int upTo)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        int version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"));
        if (version > Newest)
        {
            throw new TrustStoreException($"The trust store has version {version}; this server knows versions up to {Newest}.");
        }

        for (; version < upTo; version++)
        {
            Execute(connection, s_migrations[version]);
        }

        Execute(connection, $"PRAGMA user_version = {version}");
        transaction.Commit();
    }

    /// <summary>Runs statements without parameters.</summary>
    public static void Execute(SqliteConnection connection, string statements)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are this program's own.
        command.CommandText = statements;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string statement)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // As above.
        command.CommandText = statement;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
