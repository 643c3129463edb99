from __future__ import annotations

from django.db import migrations, models

# Whatever brings, changes or takes away lines: one statement leaves each of its orders once.
FOLLOW = """
CREATE FUNCTION orders_lines_touch_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_touchedorder (source, order_number)
    SELECT DISTINCT source, order_number FROM touched;
    RETURN NULL;
END $$;
CREATE TRIGGER order_lines_come AFTER INSERT ON orders_orderline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_lines_touch_orders();
CREATE TRIGGER order_lines_change AFTER UPDATE ON orders_orderline
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_lines_touch_orders();
CREATE TRIGGER order_lines_go AFTER DELETE ON orders_orderline
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION orders_lines_touch_orders();
INSERT INTO orders_touchedorder (source, order_number)
    SELECT DISTINCT source, order_number FROM orders_orderline;
"""
UNFOLLOW = """
DROP TRIGGER order_lines_come ON orders_orderline;
DROP TRIGGER order_lines_change ON orders_orderline;
DROP TRIGGER order_lines_go ON orders_orderline;
DROP FUNCTION orders_lines_touch_orders();
"""


class Migration(migrations.Migration):
    dependencies = (("orders", "0005_attributes_of_lines"),)
    operations = (
        migrations.CreateModel(
            name="TouchedOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=40)),
                ("order_number", models.CharField(max_length=60)),
            ],
        ),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
    )
